#pragma once

#include "host/base/text.h"
#include "host/model/cell.h"

#include <cstddef>
#include <string>
#include <vector>

namespace stationary {

/// Cells of one kind as one table shows them: parameters that all of them share stand in the heading, the others in
/// columns.
struct CellBlock {
    std::string heading;               ///< "sgd heavy_ball, with_replacement, eta0 = 0.002, mu = 0"
    std::vector<std::size_t> members;  ///< positions in the list of cells
    TextTable parameters;              ///< a row per member: batch size and learning rate, and what varies
};

/// Cells grouped by dynamics, update rule and sampling, in the order in which these first appear.
std::vector<CellBlock> cell_blocks(const std::vector<Cell>& cells);

/// Text wrapped into a table's footer or notes at the width of a terminal.
constexpr std::size_t report_width = 120;

}  // namespace stationary
