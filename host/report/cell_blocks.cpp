#include "host/report/cell_blocks.h"

#include <algorithm>
#include <array>

namespace stationary {
namespace {

enum class Placement { column, heading_if_shared };

struct Parameter {
    const char* name;  ///< over a column
    Placement placement;
    bool (*applies)(const Cell&);
    std::string (*text)(const Cell&);
};

bool always(const Cell&) { return true; }
bool is_sgd(const Cell& cell) { return cell.dynamics == Dynamics::sgd; }
bool is_langevin(const Cell& cell) { return cell.dynamics == Dynamics::langevin; }
bool is_dampened(const Cell& cell) { return cell.dampening != 0.0 && cell.update != UpdateRule::ema; }
bool is_reshuffled(const Cell& cell) { return is_sgd(cell) && cell.sampling == Sampling::reshuffle; }

const std::array<Parameter, 7> parameters{{
    {"B", Placement::column, always, [](const Cell& cell) { return std::to_string(cell.batch_size); }},
    {"eta0", Placement::heading_if_shared, always, [](const Cell& cell) { return short_number(cell.eta0); }},
    {"mu", Placement::heading_if_shared, is_sgd, [](const Cell& cell) { return short_number(cell.momentum); }},
    {"tau", Placement::heading_if_shared, is_dampened, [](const Cell& cell) { return short_number(cell.dampening); }},
    {"dt/eta", Placement::heading_if_shared, is_langevin,
     [](const Cell& cell) { return short_number(cell.time_step); }},
    {"position", Placement::heading_if_shared, is_reshuffled,
     [](const Cell& cell) { return std::to_string(cell.epoch_position); }},
    {"eta", Placement::column, always, [](const Cell& cell) { return short_number(cell.learning_rate); }},
}};

bool same_block(const Cell& a, const Cell& b) {
    return a.dynamics == b.dynamics && a.sampling == b.sampling && (a.update == b.update || is_langevin(a));
}

std::string kind_of(const Cell& cell) {
    const std::string sampling = to_string(cell.sampling);
    return to_string(cell.dynamics) + (is_sgd(cell) ? " " + to_string(cell.update) : "") + ", " + sampling;
}

/// A heading has room to say whose position it is.
std::string heading_name(const Parameter& parameter) {
    return parameter.applies == is_reshuffled ? std::string("epoch ") + parameter.name : parameter.name;
}

void add_column(TextTable& table, const Parameter& parameter, const std::vector<std::string>& texts) {
    table.column(parameter.name, Align::right);
    for (std::size_t row = 0; row < texts.size(); ++row) table.rows[row].push_back(texts[row]);
}

void describe_block(CellBlock& block, const std::vector<Cell>& cells) {
    block.heading = kind_of(cells[block.members.front()]);
    block.parameters.rows.resize(block.members.size());
    for (const Parameter& parameter : parameters) {
        const auto applies = [&](std::size_t member) { return parameter.applies(cells[member]); };
        if (std::none_of(block.members.begin(), block.members.end(), applies)) continue;
        std::vector<std::string> texts;
        for (const std::size_t member : block.members) texts.push_back(parameter.text(cells[member]));
        const bool shared = std::equal(texts.begin() + 1, texts.end(), texts.begin());
        if (shared && parameter.placement == Placement::heading_if_shared) {
            block.heading += std::string(", ") + heading_name(parameter) + " = " + texts.front();
        } else {
            add_column(block.parameters, parameter, texts);
        }
    }
}

}  // namespace

std::vector<CellBlock> cell_blocks(const std::vector<Cell>& cells) {
    std::vector<CellBlock> blocks;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        auto block = std::find_if(blocks.begin(), blocks.end(), [&](const CellBlock& candidate) {
            return same_block(cells[candidate.members.front()], cells[i]);
        });
        if (block == blocks.end()) block = blocks.insert(blocks.end(), CellBlock{});
        block->members.push_back(i);
    }
    for (CellBlock& block : blocks) describe_block(block, cells);
    return blocks;
}

}  // namespace stationary
