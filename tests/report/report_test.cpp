#include "host/base/json.h"
#include "host/base/text.h"
#include "host/report/report_csv.h"
#include "host/report/report_json.h"
#include "host/report/report_notes.h"
#include "host/report/report_table.h"

#include "tests/support/synthetic_results.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace stationary {
namespace {

using namespace synthetic;

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::size_t widest(const std::string& text) {
    std::size_t width = 0;
    for (const std::string& line : lines_of(text)) width = std::max(width, display_width(line));
    return width;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ReportTable, FitsATerminalAndShowsEveryPart) {
    const std::string table = results_table(make_results());
    EXPECT_LE(widest(table), 120u);
    for (const char* part : {"a title", "d = 2", "fresh training points", "0.1 to 4", "65,536 chains per cell",
                             "seed 1", "avx512", "sgd heavy_ball, with_replacement, eta0 = 0.002, mu = 0",
                             "1280+7\u00b7160", "0.0010023(42)", "+13.2\u00b10.3 differs*", "+0.1\u00b10.3 agrees",
                             "feedface12345678", "interrupted before 1 of 4 cells were begun",
                             "sgd mu=0 eta0=0.002: invariant within 1 % up to B = 8 (eta = 0.016, reach 0.066)",
                             "largest deviation +13.2\u00b10.3 % at B = 64: differs"}) {
        EXPECT_TRUE(contains(table, part)) << part << " is not in\n" << table;
    }
}

TEST(ReportTable, SaysWhichLawsCostTooMuch) {
    RunResults results = make_results();
    results.cells[0].not_computed = {Theory::least_squares};
    EXPECT_TRUE(contains(results_table(results), "not computed (cost)"));
    EXPECT_TRUE(contains(results_csv(results), "not computed (cost)"));
    const Json json = Json::parse(results_json(results));
    EXPECT_EQ(json["cells"][0]["predictions_not_computed"][0]["theory"], "least_squares");
    EXPECT_FALSE(json["cells"][1].contains("predictions_not_computed"));
}

TEST(ReportTable, NamesTheLargestDeviationOfManyParameters) {
    RunResults results = make_results();
    EXPECT_FALSE(contains(results_table(results), "entry with the largest |t|"));
    results.cells[0].dimension = 64;
    results.cells[0].laws.back().comparison->largest = {3, 17, -0.042, 0.003};
    EXPECT_TRUE(contains(results_table(results), "the entry with the largest |t| is (3, 17), at -4.2"))
        << results_table(results);
}

TEST(Document, IsTheSameWrittenEntryByEntry) {
    const Json entries = Json::array({{{"a", 1}, {"m", {{1.5, 2.0}, {3.0, 4.0}}}}, {{"a", 2}, {"m", Json::array()}}});
    Json whole{{"first", "x"}, {"cells", entries}, {"last", {1, 2}}};
    Json head = whole;
    head["cells"] = Json::array();
    EXPECT_EQ(document(head, "cells", 2, [&entries](std::size_t i) { return entries[i]; }), document(whole));
    EXPECT_EQ(document(head, "cells", 0, [&entries](std::size_t i) { return entries[i]; }), document(head));
}

TEST(ReportTable, MovesFingerprintsUnderABlockThatIsTooWide) {
    RunResults results = make_results();
    for (CellResult& cell : results.cells) {
        cell.laws = {make_law(Theory::sde, 123.0, Verdict::inconclusive),
                     make_law(Theory::discrete, 123.0, Verdict::inconclusive),
                     make_law(Theory::least_squares, 123.0, Verdict::inconclusive)};
    }
    const std::string table = results_table(results);
    EXPECT_LE(widest(table), 120u);
    EXPECT_TRUE(contains(table, "fingerprints: 1:feedface12345678 2:feedface12345678")) << table;
}

TEST(ReportTable, SaysThatChainsWereRoundedUp) {
    RunResults results = make_results();
    results.experiment.ensemble.chains = 65000;
    EXPECT_TRUE(
        contains(results_table(results), "65,536 chains per cell (65,000 asked for, rounded up to whole shards)"));
}

TEST(ReportTable, PutsAParameterThatVariesInAColumn) {
    RunResults results = make_results();
    results.cells[2].cell.momentum = 0.9;
    const std::string table = results_table(results);
    EXPECT_FALSE(contains(table, "mu = 0"));
    EXPECT_TRUE(contains(table, "  mu  ")) << table;
}

TEST(ReportNotes, TellOfDivergenceSaturationAndHeavyTails) {
    RunResults results = make_results();
    results.cells[0].measurement->diverged_chains = 5;
    results.cells[0].measurement->first_bad_step = 1700;
    results.cells[1].measurement->saturated_draws = 3;
    results.cells[2].heavy_tailed = true;
    results.cells[2].stability.fourth_moment_limit = 0.1;
    const std::string notes = note_lines(results);
    EXPECT_TRUE(contains(notes, "5 of 65,536 chains diverged, the first seen at step 1,700")) << notes;
    EXPECT_TRUE(contains(notes, "3 draws left the range")) << notes;
    EXPECT_TRUE(contains(notes, "the fourth moment exists only below learning rate 0.1")) << notes;
}

TEST(ReportNotes, DoubtStationarityBeyondFiveStandardErrors) {
    RunResults results = make_results();
    results.cells[1].measurement->fluctuation_dissipation_ratio = ScalarEstimate{1.0049, 0.001};
    EXPECT_FALSE(contains(note_lines(results), "not stationary?"));
    results.cells[1].measurement->fluctuation_dissipation_ratio = ScalarEstimate{0.9949, 0.001};
    EXPECT_TRUE(contains(note_lines(results), "not stationary? the fluctuation-dissipation ratio is 0.9949(10), not 1"))
        << note_lines(results);
    results.cells[1].heavy_tailed = true;
    EXPECT_FALSE(contains(note_lines(results), "not stationary?"));
}

TEST(ReportNotes, SayHowManyChainsWouldDecide) {
    RunResults results = make_results();
    results.cells[1].laws[0] = make_law(Theory::sde, 0.009, Verdict::inconclusive);
    EXPECT_TRUE(contains(note_lines(results), "against sde: inconclusive; about 1.2e+06 chains would decide it"));
    results.cells[1].laws[0].comparison->chains_needed = undecidable_chains;
    EXPECT_TRUE(contains(note_lines(results), "against sde: inconclusive; more chains would not decide it"));
}

TEST(ReportNotes, SumUpManyInconclusiveComparisons) {
    RunResults results = make_results();
    for (CellResult& cell : results.cells) {
        if (!cell.measurement) continue;
        cell.laws = {make_law(Theory::sde, 0.009, Verdict::inconclusive),
                     make_law(Theory::discrete, 0.009, Verdict::inconclusive)};
    }
    results.cells[0].laws[0].comparison->chains_needed = undecidable_chains;
    results.cells[1].laws[1].comparison->chains_needed = 5000000;
    EXPECT_TRUE(contains(note_lines(results),
                         "6 comparisons are inconclusive; about 5e+06 chains per cell would decide 5 "
                         "of them; 1 would take over 1e9 chains"))
        << note_lines(results);
}

TEST(ReportJson, HasTheContractsNames) {
    const Json json = Json::parse(results_json(make_results()));
    const auto expect_names = [](const Json& object, const std::set<std::string>& names) {
        for (const std::string& name : names) EXPECT_TRUE(object.contains(name)) << name;
    };
    expect_names(json, {"schema", "program", "backend", "experiment", "status", "cells", "invariance"});
    expect_names(json["backend"], {"kind", "device", "devices", "threads", "simd"});
    expect_names(json["program"], {"version", "commit", "build_type", "compiler", "cuda"});
    ASSERT_EQ(json["cells"].size(), 4u);
    for (const Json& cell : json["cells"]) {
        expect_names(cell, {"index",
                            "key",
                            "dynamics",
                            "update",
                            "sampling",
                            "eta0",
                            "learning_rate",
                            "batch_size",
                            "momentum",
                            "time_step",
                            "epoch_position",
                            "dimension",
                            "burn_in",
                            "stride",
                            "draws",
                            "chains",
                            "shards_done",
                            "steps_total",
                            "seconds",
                            "chain_steps_per_second",
                            "component_steps_per_second",
                            "mean",
                            "mean_standard_error",
                            "covariance",
                            "covariance_standard_error",
                            "effective_temperature",
                            "effective_temperature_standard_error",
                            "fluctuation_dissipation_ratio",
                            "fluctuation_dissipation_ratio_standard_error",
                            "dampening",
                            "diverged_chains",
                            "saturated_draws",
                            "fingerprint",
                            "predictions"});
        for (const Json& law : cell["predictions"]) {
            expect_names(law, {"theory", "covariance", "mean", "relative_error", "relative_error_standard_error",
                               "signed_relative_error", "signed_relative_error_interval", "max_abs_t", "significant",
                               "verdict", "chains_needed"});
        }
    }
    expect_names(json["invariance"][0],
                 {"dynamics", "update", "sampling", "eta0", "momentum", "cells", "relative_spread",
                  "relative_spread_standard_error", "holds_up_to_learning_rate", "holds_up_to_batch_size", "verdict"});
}

TEST(ReportJson, CarriesTheValues) {
    const Json json = Json::parse(results_json(make_results()));
    const Json& cell = json["cells"][1];
    EXPECT_EQ(json["status"], "interrupted");
    EXPECT_EQ(json["experiment"]["ensemble"]["burn_in"], "auto");
    EXPECT_EQ(cell["key"], "0123456789abcdef");
    EXPECT_EQ(cell["fingerprint"], "feedface12345678");
    EXPECT_EQ(cell["covariance"], Json::parse("[[2.0, 0.5], [0.5, 1.0]]"));
    EXPECT_EQ(cell["predictions"][0]["verdict"], "differs");
    EXPECT_EQ(cell["predictions"][0]["signed_relative_error"].get<double>(), 0.132);
    EXPECT_EQ(json["cells"][0]["dynamics"], "langevin");
    EXPECT_TRUE(cell["fluctuation_dissipation_ratio"].is_null());
    RunResults results = make_results();
    results.cells[1].measurement->fluctuation_dissipation_ratio = ScalarEstimate{0.75, 0.125};
    const Json measured = Json::parse(results_json(results))["cells"][1];
    EXPECT_EQ(measured["fluctuation_dissipation_ratio"], 0.75);
    EXPECT_EQ(measured["fluctuation_dissipation_ratio_standard_error"], 0.125);
}

TEST(ReportJson, SpellsOutWhatIsNotFiniteAndLeavesNullWhereNothingRan) {
    const Json json = Json::parse(results_json(make_results()));
    EXPECT_EQ(json["cells"][1]["covariance_standard_error"][1][1], "inf");
    EXPECT_EQ(json["cells"][1]["fourth_moment_limit"], "inf");
    EXPECT_TRUE(json["cells"][3]["covariance"].is_null());
    EXPECT_TRUE(json["cells"][3]["predictions"][0]["signed_relative_error"].is_null());
    EXPECT_EQ(json["cells"][3]["predictions"][0]["verdict"], "inconclusive");
    EXPECT_EQ(to_json(std::nan("")), "nan");
    EXPECT_EQ(to_json(-infinity), "-inf");
}

TEST(Json, DocumentIsTheSameValueWithMatricesOneRowALine) {
    const Json json{{"a", {1, 2, 3}}, {"m", {{1.5, 2.5}, {3.5, 0.1}}}, {"e", Json::array()}, {"o", {{"k\n", nullptr}}}};
    const std::string text = document(json);
    EXPECT_EQ(Json::parse(text), json);
    EXPECT_TRUE(contains(text, "  \"a\": [1, 2, 3],\n"));
    EXPECT_TRUE(contains(text, "    [1.5, 2.5],\n    [3.5, 0.1]\n"));
}

TEST(ReportCsv, HasARowPerCellAndTheoryAndIsRectangular) {
    RunResults results = make_results();
    results.cells[0].laws.clear();
    const std::vector<std::string> lines = lines_of(results_csv(results));
    ASSERT_EQ(lines.size(), 1u + 1u + 2u + 2u + 2u);
    const auto commas = std::count(lines[0].begin(), lines[0].end(), ',');
    for (const std::string& line : lines) EXPECT_EQ(std::count(line.begin(), line.end(), ','), commas) << line;
    EXPECT_EQ(lines[0].rfind("index,key,dynamics,", 0), 0u);
    EXPECT_TRUE(contains(lines[2], ",sde,false,")) << lines[2];
    EXPECT_TRUE(contains(lines[2], ",feedface12345678,")) << lines[2];
}

TEST(PredictReports, ShowUnstableCellsWithTheirLimit) {
    PredictResults results;
    results.experiment = make_results().experiment;
    results.model = make_results().model;
    PredictedCell cell;
    cell.cell = make_cell(0, Dynamics::sgd, 512);
    cell.stability = {false, 0.489, 0.323};
    cell.laws = {make_law(Theory::sde, 0.0, Verdict::agrees).law};
    results.cells = {cell};
    const Json json = Json::parse(predictions_json(results));
    EXPECT_EQ(json["cells"][0]["stable"], false);
    EXPECT_EQ(json["cells"][0]["learning_rate_limit"].get<double>(), 0.489);
    EXPECT_EQ(json["cells"][0]["fourth_moment_limit"].get<double>(), 0.323);
    EXPECT_EQ(json["cells"][0]["predictions"][0]["theory"], "sde");
    EXPECT_EQ(json["cells"][0]["predictions"][0]["exact"], false);
    const std::string table = predictions_table(results);
    EXPECT_LE(widest(table), 120u);
    EXPECT_TRUE(contains(table, "0.489")) << table;
}

}  // namespace
}  // namespace stationary
