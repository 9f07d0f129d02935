#include "host/laws/fourth_moment.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace stationary {
namespace {

using Exponents = std::array<int, max_fourth_moment_dimension>;  ///< of a monomial in the components of x
using Indices = std::array<int, 4>;
using Moments = std::map<Exponents, double>;

constexpr double limit_tolerance = 1e-10;

/// Every exponent vector of the given total degree in `dimension` variables.
void list_monomials(Eigen::Index dimension, int degree, int variable, Exponents& current, std::vector<Exponents>& out) {
    if (variable + 1 == dimension) {
        current[static_cast<std::size_t>(variable)] = degree;
        out.push_back(current);
        return;
    }
    for (int power = 0; power <= degree; ++power) {
        current[static_cast<std::size_t>(variable)] = power;
        list_monomials(dimension, degree - power, variable + 1, current, out);
    }
}

/// mean Π_a x_a^{k_a} over the training points.
double feature_moment(const Matrix& features, const Exponents& exponents) {
    Eigen::ArrayXd product = Eigen::ArrayXd::Ones(features.rows());
    for (Eigen::Index a = 0; a < features.cols(); ++a) {
        for (int power = 0; power < exponents[static_cast<std::size_t>(a)]; ++power) {
            product *= features.col(a).array();
        }
    }
    return product.mean();
}

/// The moments of degree 2, 4, 6 and 8.
Moments feature_moments(const Matrix& features) {
    Moments moments;
    for (int degree = 2; degree <= 8; degree += 2) {
        std::vector<Exponents> monomials;
        Exponents current{};
        list_monomials(features.cols(), degree, 0, current, monomials);
        for (const Exponents& monomial : monomials) {
            moments[monomial] = feature_moment(features, monomial);
        }
    }
    return moments;
}

/// Expectations of products of entries of the mean Ḡ of B independent x xᵀ.
class BatchMoments {
  public:
    BatchMoments(const Matrix& features, double batch_size)
        : moments_(feature_moments(features)), batch_size_(batch_size) {}

    /// E Π_m Ḡ(row_m, column_m) over the positions m in `chosen` (a bit mask). The factors fall into groups that share
    /// a training point: Σ over set partitions of Π_groups E[Π x xᵀ] · B(B−1)…(B−groups+1) / B^factors.
    [[nodiscard]] double product(const Indices& rows, const Indices& columns, unsigned chosen) const {
        return sum_partitions(rows, columns, chosen, 0);
    }

  private:
    [[nodiscard]] double sum_partitions(const Indices& rows, const Indices& columns, unsigned left, int groups) const {
        if (left == 0) {
            return 1.0;
        }
        const unsigned lowest = left & (~left + 1U);
        const unsigned others = left ^ lowest;
        double sum = 0.0;
        for (unsigned subset = others;; subset = (subset - 1) & others) {
            const unsigned group = subset | lowest;
            sum += group_moment(rows, columns, group) * sum_partitions(rows, columns, left ^ group, groups + 1);
            if (subset == 0) {
                break;
            }
        }
        return sum * (batch_size_ - groups);
    }

    /// E Π (x xᵀ / B) over the positions of one group.
    [[nodiscard]] double group_moment(const Indices& rows, const Indices& columns, unsigned group) const {
        Exponents exponents{};
        double divisor = 1.0;
        for (std::size_t m = 0; m < rows.size(); ++m) {
            if ((group >> m & 1U) != 0U) {
                ++exponents[static_cast<std::size_t>(rows[m])];
                ++exponents[static_cast<std::size_t>(columns[m])];
                divisor *= batch_size_;
            }
        }
        return moments_.at(exponents) / divisor;
    }

    Moments moments_;
    double batch_size_;
};

using Maps = std::array<Matrix, 5>;

std::vector<Indices> index_tuples(int d) {
    std::vector<Indices> tuples;
    for (int code = 0; code < d * d * d * d; ++code) {
        tuples.push_back({code % d, code / d % d, code / (d * d) % d, code / (d * d * d)});
    }
    return tuples;
}

/// Place of every sorted tuple: the coordinates of the symmetric 4-tensors.
std::map<Indices, Eigen::Index> number_sorted(const std::vector<Indices>& tuples) {
    std::map<Indices, Eigen::Index> place;
    for (const Indices& tuple : tuples) {
        if (std::is_sorted(tuple.begin(), tuple.end())) {
            place.emplace(tuple, static_cast<Eigen::Index>(place.size()));
        }
    }
    return place;
}

/// The positions where the identity would give zero, as a bit mask: there Ḡ has to be chosen.
unsigned differing(const Indices& rows, const Indices& columns) {
    unsigned mask = 0;
    for (std::size_t m = 0; m < rows.size(); ++m) {
        mask |= rows[m] == columns[m] ? 0U : 1U << m;
    }
    return mask;
}

/// D_k, k = 0…4: E ((1 − ηr)I − ηḠ)^{⊗4} = Σ_k (1 − ηr)^{4−k} (−η)^k D_k on the symmetric 4-tensors.
Maps fourth_moment_maps(const BatchMoments& moments, int dimension) {
    const std::vector<Indices> tuples = index_tuples(dimension);
    const std::map<Indices, Eigen::Index> place = number_sorted(tuples);
    const auto size = static_cast<Eigen::Index>(place.size());
    Maps maps;
    maps.fill(Matrix::Zero(size, size));
    for (const auto& [rows, row] : place) {
        for (const Indices& columns : tuples) {
            Indices sorted = columns;
            std::sort(sorted.begin(), sorted.end());
            const unsigned needed = differing(rows, columns);
            for (unsigned chosen = 0; chosen < 16; ++chosen) {
                if ((chosen & needed) == needed) {
                    maps[static_cast<std::size_t>(std::popcount(chosen))](row, place.at(sorted)) +=
                        moments.product(rows, columns, chosen);
                }
            }
        }
    }
    return maps;
}

double spectral_radius(const Maps& maps, double eta, double ridge) {
    Matrix map = Matrix::Zero(maps[0].rows(), maps[0].cols());
    for (int k = 0; k <= 4; ++k) {
        map += std::pow(1.0 - eta * ridge, 4 - k) * std::pow(-eta, k) * maps[static_cast<std::size_t>(k)];
    }
    return Eigen::EigenSolver<Matrix>(map, false).eigenvalues().cwiseAbs().maxCoeff();
}

}  // namespace

double fourth_moment_limit(const Matrix& features, double ridge, double batch_size, double limit) {
    if (features.cols() > max_fourth_moment_dimension) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const BatchMoments moments(features, batch_size);
    const Maps maps = fourth_moment_maps(moments, static_cast<int>(features.cols()));
    double exists = 0.0;
    double diverges = limit;
    while (diverges - exists > limit_tolerance * diverges) {
        const double middle = 0.5 * (exists + diverges);
        (spectral_radius(maps, middle, ridge) < 1.0 ? exists : diverges) = middle;
    }
    return diverges;
}

}  // namespace stationary
