#include "host/model/state_noise.h"

#include "host/algebra/blocked_multiply.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stationary {
namespace {

using Index = Eigen::Index;

/// Rows of the data set whose products are held at once.
constexpr Index chunk_rows = 64;
/// Sums carried side by side through a chunk.
constexpr Index tile = 16;

constexpr Index packed_count(Index d) { return d * (d + 1) / 2; }

/// Place of (i, j), i ≤ j, in the upper triangle row by row.
constexpr Index packed_index(Index d, Index i, Index j) { return i * d - i * (i - 1) / 2 + j - i; }

std::vector<std::pair<Index, Index>> packed_pairs(Index d) {
    std::vector<std::pair<Index, Index>> pairs;
    for (Index i = 0; i < d; ++i)
        for (Index j = i; j < d; ++j) pairs.emplace_back(i, j);
    return pairs;
}

/// sums[q] += Σ_r weight[r]·columns[r·stride + q] for q in [first, last), r ascending.
void accumulate(const std::vector<double>& weight, const std::vector<double>& columns, Index stride, Index first,
                Index last, double* sums) {
    const auto rows = static_cast<Index>(weight.size());
    Index q = first;
    for (; q + tile <= last; q += tile) {
        double sum[tile];
        std::copy_n(sums + q, tile, sum);
        for (Index r = 0; r < rows; ++r) {
            const double* column = columns.data() + r * stride + q;
            for (Index i = 0; i < tile; ++i) sum[i] += weight[r] * column[i];
        }
        std::copy_n(sum, tile, sums + q);
    }
    for (; q < last; ++q)
        for (Index r = 0; r < rows; ++r) sums[q] += weight[r] * columns[r * stride + q];
}

/// Raw moments of the data, summed over the training points in ascending order, chunk by chunk.
class DataMoments {
  public:
    explicit DataMoments(const LossModel& model)
        : model_(model),
          dimension_(model.dimension()),
          size_(packed_count(dimension_)),
          pairs_(packed_pairs(dimension_)),
          second_(Vector::Zero(size_)),
          third_(Matrix::Zero(dimension_, size_)),
          fourth_(Matrix::Zero(size_, size_)) {
        const Index points = model.features.rows();
        for (Index first = 0; first < points; first += chunk_rows)
            add_rows(first, std::min(first + chunk_rows, points));
        const auto count = static_cast<double>(points);
        second_ /= count;
        third_ /= count;
        fourth_ /= count;
    }

    /// mean x_a x_b
    [[nodiscard]] double second(Index a, Index b) const {
        return second_(packed_index(dimension_, std::min(a, b), std::max(a, b)));
    }
    /// mean e x_a x_b x_c
    [[nodiscard]] double third(Index p, Index c) const { return third_(c, p); }
    /// mean x_a x_b x_c x_d. Only sorted quadruples were summed; each of the others equals one of them.
    [[nodiscard]] double fourth(Index p, Index q) const {
        Index index[4] = {pairs_[p].first, pairs_[p].second, pairs_[q].first, pairs_[q].second};
        std::sort(index, index + 4);
        return fourth_(packed_index(dimension_, index[2], index[3]), packed_index(dimension_, index[0], index[1]));
    }
    [[nodiscard]] const std::vector<std::pair<Index, Index>>& pairs() const { return pairs_; }

  private:
    void add_rows(Index first, Index last) {
        const Index rows = last - first;
        std::vector<double> features(rows * dimension_);
        std::vector<double> products(rows * size_);
        for (Index r = 0; r < rows; ++r) {
            for (Index a = 0; a < dimension_; ++a) features[r * dimension_ + a] = model_.features(first + r, a);
            for (Index p = 0; p < size_; ++p)
                products[r * size_ + p] =
                    features[r * dimension_ + pairs_[p].first] * features[r * dimension_ + pairs_[p].second];
        }
        accumulate(std::vector<double>(rows, 1.0), products, size_, 0, size_, second_.data());
        std::vector<double> weight(rows);
        for (Index p = 0; p < size_; ++p) {
            for (Index r = 0; r < rows; ++r) weight[r] = products[r * size_ + p];
            const Index sorted_from = packed_index(dimension_, pairs_[p].second, pairs_[p].second);
            accumulate(weight, products, size_, sorted_from, size_, fourth_.data() + p * size_);
            for (Index r = 0; r < rows; ++r) weight[r] *= model_.residuals(first + r);
            accumulate(weight, features, dimension_, 0, dimension_, third_.data() + p * dimension_);
        }
    }

    const LossModel& model_;
    Index dimension_;
    Index size_;
    std::vector<std::pair<Index, Index>> pairs_;
    Vector second_;
    Matrix third_;   ///< [d×m]
    Matrix fourth_;  ///< [m×m], column p holds the entries q that make (p, q) a sorted quadruple
};

/// T(P) = APA + tr(AP)·A on packed triangles.
Matrix gaussian_curvature_noise_table(const Matrix& a) {
    const auto pairs = packed_pairs(a.rows());
    const auto size = static_cast<Index>(pairs.size());
    Matrix table(size, size);
    for (Index q = 0; q < size; ++q) {
        const auto [k, l] = pairs[q];
        for (Index p = 0; p < size; ++p) {
            const auto [i, j] = pairs[p];
            const double once = a(i, k) * a(l, j) + a(k, l) * a(i, j);
            const double mirrored = a(i, l) * a(k, j) + a(l, k) * a(i, j);
            table(p, q) = k == l ? once : once + mirrored;
        }
    }
    return table;
}

Matrix curvature_noise_table(const DataMoments& moments) {
    const auto& pairs = moments.pairs();
    const auto size = static_cast<Index>(pairs.size());
    Matrix table(size, size);
    for (Index q = 0; q < size; ++q) {
        const auto [c, d] = pairs[q];
        for (Index p = 0; p < size; ++p) {
            const auto [a, b] = pairs[p];
            const double once = moments.fourth(p, q) - moments.second(a, c) * moments.second(b, d);
            const double mirrored = moments.fourth(p, q) - moments.second(a, d) * moments.second(b, c);
            table(p, q) = c == d ? once : once + mirrored;
        }
    }
    return table;
}

}  // namespace

Vector pack_upper(const Matrix& symmetric) {
    const Index d = symmetric.rows();
    Vector packed(packed_count(d));
    Index p = 0;
    for (Index i = 0; i < d; ++i)
        for (Index j = i; j < d; ++j) packed(p++) = symmetric(i, j);
    return packed;
}

Matrix unpack_upper(const Vector& packed, Index dimension) {
    Matrix symmetric(dimension, dimension);
    Index p = 0;
    for (Index i = 0; i < dimension; ++i)
        for (Index j = i; j < dimension; ++j) symmetric(i, j) = symmetric(j, i) = packed(p++);
    return symmetric;
}

StateNoise::StateNoise(const LossModel& model) : ridge_gradient_(model.ridge * model.minimizer) {
    const Index d = model.dimension();
    if (model.kind == ModelKind::gaussian_regression) {
        curvature_noise_ = gaussian_curvature_noise_table(model.hessian);
        third_moment_ = Matrix::Zero(packed_count(d), d);
        feature_covariance_ = model.hessian;
        return;
    }
    const DataMoments moments(model);
    curvature_noise_ = curvature_noise_table(moments);
    third_moment_.resize(packed_count(d), d);
    feature_covariance_.resize(d, d);
    for (Index c = 0; c < d; ++c) {
        for (Index p = 0; p < packed_count(d); ++p) third_moment_(p, c) = moments.third(p, c);
        for (Index b = 0; b < d; ++b) feature_covariance_(b, c) = moments.second(b, c);
    }
}

Matrix StateNoise::curvature_noise(const Matrix& second_moment) const {
    const Vector packed = fixed_order::blocked_multiply(curvature_noise_, pack_upper(second_moment));
    return unpack_upper(packed, second_moment.rows());
}

Matrix StateNoise::cross_noise(const Vector& mean) const {
    const Index d = mean.size();
    Matrix cross = unpack_upper(fixed_order::blocked_multiply(third_moment_, mean), d);
    const Vector pull = fixed_order::blocked_multiply(feature_covariance_, mean);
    for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i)
            cross(i, j) = 2.0 * cross(i, j) + (pull(i) * ridge_gradient_(j) + ridge_gradient_(i) * pull(j));
    return cross;
}

}  // namespace stationary
