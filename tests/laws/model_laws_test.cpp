#include "host/laws/model_laws.h"

#include "host/base/parallel_for.h"
#include "host/laws/cell_stability.h"
#include "tests/support/support_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace stationary {
namespace {

using namespace support;

std::vector<Cell> some_cells() {
    std::vector<Cell> cells;
    for (const std::int64_t batch : {1, 2, 5, 9}) {
        for (const double eta0 : {0.001, 0.003}) {
            for (const double momentum : {0.0, 0.8})
                cells.push_back(scaled_cell(UpdateRule::heavy_ball, eta0, batch, momentum));
            cells.push_back(scaled_cell(UpdateRule::nesterov, eta0, batch, 0.5));
            cells.push_back(langevin_cell(eta0 * double(batch), batch, 1.0));
        }
    }
    return cells;
}

std::vector<LossModel> some_models() {
    return {quadratic(random_hessian(3, 20.0, 1), random_covariance(3, 3, 2)), random_least_squares(40, 3, 0.1, 5.0, 3),
            gaussian_regression(random_hessian(3, 5.0, 4), 0.5),
            finite_quadratic(random_hessian(3, 20.0, 1), normal_matrix(20, 3, 5))};
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b)); }

TEST(ModelLaws, SharedOrNotTheLawsAreTheSameToTheLastBit) {
    for (const LossModel& model : some_models()) {
        const ModelLaws laws(model);
        const std::vector<Cell> cells = some_cells();
        std::vector<std::vector<Prediction>> shared(cells.size());
        parallel_for(cells.size(), [&](std::size_t i) { shared[i] = laws.predict(cells[i]); });
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::vector<Prediction> alone = predict(model, cells[i]);
            ASSERT_EQ(alone.size(), shared[i].size());
            for (std::size_t law = 0; law < alone.size(); ++law) {
                EXPECT_EQ(alone[law].theory, shared[i][law].theory);
                EXPECT_EQ(alone[law].covariance, shared[i][law].covariance);
            }
        }
    }
}

TEST(ModelLaws, LimitsComputedOnceAreThoseOfEveryCell) {
    for (const LossModel& model : some_models()) {
        std::vector<Cell> cells = some_cells();
        for (std::size_t i = 0; i < cells.size(); i += 5) cells[i].learning_rate *= 1000.0;  // some unstable ones
        const std::vector<Stability> together = find_stability(model, cells);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const Stability alone = mean_square_stability(model, cells[i]);
            EXPECT_EQ(together[i].stable, alone.stable);
            EXPECT_TRUE(same_bits(together[i].learning_rate_limit, alone.learning_rate_limit));
            EXPECT_TRUE(same_bits(together[i].fourth_moment_limit, alone.fourth_moment_limit));
        }
    }
}

}  // namespace
}  // namespace stationary
