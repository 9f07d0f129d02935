#include "host/model/cell.h"

#include "host/base/error.h"
#include "host/base/hash.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace stationary {
namespace {

const std::string model_text =
    "[model]\nkind = \"quadratic\"\nhessian = [[2.0, 0.3], [0.3, 1.0]]\n"
    "gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]\n[sweep]\n";

Experiment parse(const std::string& sweep) { return parse_experiment(model_text + sweep, "x.toml", ".", {}); }

std::vector<Cell> cells_of(const Experiment& experiment) {
    return make_cells(experiment, build_loss_model(experiment));
}
std::vector<Cell> cells_of(const std::string& sweep) { return cells_of(parse(sweep)); }

std::vector<std::string> names_of(const std::string& sweep) {
    std::vector<std::string> names;
    for (const auto& cell : cells_of(sweep)) names.push_back(describe(cell));
    return names;
}

TEST(Cell, CartesianProductWithBatchSizeInnermost) {
    EXPECT_EQ(names_of("eta0 = 0.1\nbatch_size = [1, 8]\nmomentum = [0.0, 0.9]\ntime_step = [1.0, 0.5]\n"),
              (std::vector<std::string>{"langevin B=1 eta0=0.1", "langevin B=8 eta0=0.1",
                                        "langevin B=1 eta0=0.1 time_step=0.5", "langevin B=8 eta0=0.1 time_step=0.5",
                                        "sgd B=1 eta0=0.1", "sgd B=8 eta0=0.1", "sgd B=1 eta0=0.1 mu=0.9",
                                        "sgd B=8 eta0=0.1 mu=0.9"}));
    EXPECT_EQ(
        names_of("eta0 = 0.1\ndynamics = \"sgd\"\nmomentum = 0.9\nupdate = [\"nesterov\", \"heavy_ball\", \"ema\"]\n"
                 "dampening = [0.0, 0.5]\n"),
        (std::vector<std::string>{"sgd nesterov B=1 eta0=0.1 mu=0.9", "sgd nesterov B=1 eta0=0.1 mu=0.9 dampening=0.5",
                                  "sgd B=1 eta0=0.1 mu=0.9", "sgd B=1 eta0=0.1 mu=0.9 dampening=0.5",
                                  "sgd ema B=1 eta0=0.1 mu=0.9"}));
}

TEST(Cell, NamesStayShort) {
    Cell cell;
    cell.eta0 = 0.1 / 3.0;
    cell.update = UpdateRule::nesterov;
    EXPECT_EQ(describe(cell), "sgd B=1 eta0=0.0333333");  // without momentum the update rules do the same
    cell.momentum = 0.5;
    cell.sampling = Sampling::reshuffle;
    cell.epoch_position = 3;
    EXPECT_EQ(describe(cell), "sgd nesterov reshuffle B=1 eta0=0.0333333 mu=0.5 position=3");
}

TEST(Cell, IndicesCountAndRatesAreOutsideMomentum) {
    const auto cells = cells_of("eta0 = [0.1, 0.2]\ndynamics = \"sgd\"\nmomentum = [0.0, 0.5]\nbatch_size = [1, 2]\n");
    ASSERT_EQ(cells.size(), 8U);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        EXPECT_EQ(cells[i].index, static_cast<std::int64_t>(i));
        EXPECT_EQ(cells[i].eta0, i < 4 ? 0.1 : 0.2);
        EXPECT_EQ(cells[i].momentum, i % 4 < 2 ? 0.0 : 0.5);
    }
}

TEST(Cell, ScalingRule) {
    for (const auto& cell :
         cells_of("eta0 = 0.01\nbatch_size = 8\nmomentum = 0.75\nupdate = [\"heavy_ball\", \"nesterov\", \"ema\"]\n"
                  "dampening = 0.5\n")) {
        const bool without_momentum = cell.dynamics == Dynamics::langevin || cell.update == UpdateRule::ema;
        EXPECT_DOUBLE_EQ(cell.learning_rate, without_momentum ? 0.08 : 0.02) << describe(cell);
        EXPECT_EQ(cell.eta0, 0.01);
        EXPECT_EQ(cell.momentum, cell.dynamics == Dynamics::langevin ? 0.0 : 0.75);
        const double dampening = cell.update == UpdateRule::ema ? 0.75 : 0.5;
        EXPECT_EQ(cell.dampening, cell.dynamics == Dynamics::langevin ? 0.0 : dampening);
    }
}

TEST(Cell, FreeLearningRate) {
    for (const auto& cell :
         cells_of("learning_rate = 0.08\nbatch_size = 8\nmomentum = 0.75\nupdate = [\"heavy_ball\", \"ema\"]\n")) {
        const bool without_momentum = cell.dynamics == Dynamics::langevin || cell.update == UpdateRule::ema;
        EXPECT_EQ(cell.learning_rate, 0.08);
        EXPECT_DOUBLE_EQ(cell.eta0, without_momentum ? 0.01 : 0.04) << describe(cell);
    }
}

TEST(Cell, DuplicatesCollapse) {
    EXPECT_EQ(names_of("eta0 = [0.1, 0.1]\nbatch_size = [2, 1, 2]\ndynamics = [\"langevin\", \"langevin\"]\n"
                       "momentum = [0.0, 0.9]\n"),
              (std::vector<std::string>{"langevin B=2 eta0=0.1", "langevin B=1 eta0=0.1"}));
    // Without momentum these two update rules do the same, but they are not the same cell.
    EXPECT_EQ(cells_of("eta0 = 0.1\ndynamics = \"sgd\"\nupdate = [\"heavy_ball\", \"ema\"]\n").size(), 2U);
}

std::vector<Cell> cells_with_residuals(const std::string& sweep) {
    return cells_of(
        parse_experiment("[model]\nkind = \"quadratic\"\nhessian = [[2.0]]\ngradient_residuals = [[1], [2], "
                         "[4], [7], [0], [3], [5]]\n[sweep]\neta0 = 0.1\ndynamics = \"sgd\"\n" +
                             sweep,
                         "x.toml", ".", {}));
}

TEST(Cell, EpochPositionIsAnAxisOfReshufflingOnly) {
    const auto cells = cells_with_residuals(
        "sampling = [\"reshuffle\", \"with_replacement\", \"without_replacement\"]\nbatch_size = 3\n"
        "epoch_position = [1, 0]\n");
    ASSERT_EQ(cells.size(), 4U);
    EXPECT_EQ(cells[0].epoch_position, 1);
    EXPECT_EQ(cells[1].epoch_position, 0);
    EXPECT_EQ(cells[2].sampling, Sampling::with_replacement);
    EXPECT_EQ(cells[2].epoch_position, 0);
    EXPECT_EQ(cells[3].sampling, Sampling::without_replacement);
    std::set<std::uint64_t> keys;
    for (const Cell& cell : cells) keys.insert(cell.key);
    EXPECT_EQ(keys.size(), 4U);
    EXPECT_EQ(cells_of("eta0 = 0.1\ndynamics = \"sgd\"\nepoch_position = [0, 1, 2]\n").size(), 1U);
}

TEST(Cell, LangevinIgnoresTheSamplingScheme) {
    EXPECT_EQ(names_of("eta0 = 0.1\ndynamics = \"langevin\"\nsampling = \"reshuffle\"\n"),
              std::vector<std::string>{"langevin B=1 eta0=0.1"});
}

TEST(Cell, TooManyCellsAreRefused) {
    std::string list = "1";
    for (int i = 2; i <= 400; ++i) list += ", " + std::to_string(i);
    try {
        cells_of("dynamics = \"sgd\"\neta0 = [" + list + "]\nbatch_size = [" + list + "]\n");
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(), "x.toml: sweep: more than 100000 cells");
    }
}

TEST(Cell, BatchesLargerThanTheDataCannotBeDrawnWithoutReplacement) {
    Experiment experiment = parse("eta0 = 0.1\nbatch_size = 4\nsampling = \"without_replacement\"\n");
    LossModel model = build_loss_model(experiment);
    model.features = Matrix::Ones(3, 2);
    try {
        make_cells(experiment, model);
        FAIL() << "accepted";
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(),
                     "x.toml:7: sweep.batch_size: 4 is more than the 3 training points, which sampling = "
                     "\"without_replacement\" cannot draw");
    }
}

std::uint64_t key_of(const Experiment& experiment, const LossModel& model) {
    return make_cells(experiment, model).front().key;
}

TEST(Cell, KeyChangesWithEverythingThatChangesTheNoiseOrTheLaw) {
    const std::vector<std::function<void(Experiment&, LossModel&)>> changes{
        [](Experiment&, LossModel&) {},
        [](Experiment& e, LossModel&) { e.ensemble.seed = 2; },
        [](Experiment& e, LossModel&) { e.ensemble.initial = Vector::Ones(2); },
        [](Experiment& e, LossModel&) { e.run.precision = Precision::double_precision; },
        [](Experiment& e, LossModel&) { e.run.normals = Normals::fast; },
        [](Experiment& e, LossModel&) { e.sweep.dynamics = {Dynamics::langevin}; },
        [](Experiment& e, LossModel&) { e.sweep.update = {UpdateRule::nesterov}; },
        [](Experiment& e, LossModel&) { e.sweep.update = {UpdateRule::ema}; },
        [](Experiment& e, LossModel&) { e.sweep.eta0 = {0.2}; },
        [](Experiment& e, LossModel&) { e.sweep.batch_size = {3}; },
        [](Experiment& e, LossModel&) { e.sweep.momentum = {0.25}; },
        [](Experiment& e, LossModel&) { e.sweep.dampening = {0.25}; },
        [](Experiment& e, LossModel&) { e.sweep.dynamics = {Dynamics::langevin}, e.sweep.time_step = {0.5}; },
        [](Experiment&, LossModel& m) { m.kind = ModelKind::least_squares; },
        [](Experiment& e, LossModel& m) { m.kind = ModelKind::least_squares, e.model.standardize = false; },
        [](Experiment&, LossModel& m) { m.hessian(1, 0) = 0.31; },
        [](Experiment&, LossModel& m) { m.gradient_noise_covariance(0, 1) = 0.21; },
        [](Experiment&, LossModel& m) { m.minimizer(1) = 0.1; },
        [](Experiment&, LossModel& m) { m.ridge = 0.1; },
        [](Experiment&, LossModel& m) { m.gradient_residuals = Matrix::Ones(2, 2); },
        [](Experiment&, LossModel& m) { m.gradient_residuals = Matrix::Ones(3, 2); },
        [](Experiment&, LossModel& m) { m.kind = ModelKind::gaussian_regression; },
        [](Experiment&, LossModel& m) { m.kind = ModelKind::gaussian_regression, m.label_noise_variance = 0.5; },
        [](Experiment&, LossModel& m) { m.data_hash = 1; }};
    std::set<std::uint64_t> keys;
    for (const auto& change : changes) {
        Experiment experiment = parse("dynamics = \"sgd\"\neta0 = 0.1\nbatch_size = 2\nmomentum = 0.5\n");
        LossModel model = build_loss_model(experiment);
        change(experiment, model);
        keys.insert(key_of(experiment, model));
    }
    EXPECT_EQ(keys.size(), changes.size());
}

TEST(Cell, KeyDependsOnNothingElse) {
    const std::string sweep = "dynamics = \"sgd\"\neta0 = 0.1\nbatch_size = 2\nmomentum = 0.5\n";
    const std::uint64_t key = cells_of(sweep).front().key;
    EXPECT_EQ(
        cells_of(sweep + "[ensemble]\nchains = 99\ndraws = 3\nburn_in = 5\nstride = 7\nshards = 70\n").front().key,
        key);
    EXPECT_EQ(cells_of(sweep + "[verdict]\ntolerance = 0.1\n").front().key, key);
    // Nor on which other cells stand in the sweep.
    const auto cells = cells_of("eta0 = [0.2, 0.1]\nbatch_size = [1, 2]\nmomentum = [0.0, 0.5]\n");
    ASSERT_EQ(describe(cells.back()), "sgd B=2 eta0=0.1 mu=0.5");
    EXPECT_GT(cells.back().index, 0);
    EXPECT_EQ(cells.back().key, key);
}

/// Published in results and part of every journal: a changed key makes old runs unreadable.
TEST(Cell, KeyIsTheCommittedOne) {
    const Experiment experiment = parse("dynamics = \"sgd\"\neta0 = 0.1\nbatch_size = 2\nmomentum = 0.5\n");
    EXPECT_EQ(hex(cells_of(experiment).front().key), "7c8d4b48f7e88bf4");
}

}  // namespace
}  // namespace stationary
