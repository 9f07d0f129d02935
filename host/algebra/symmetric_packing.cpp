#include "host/algebra/symmetric_packing.h"

#include <cmath>

namespace stationary {

Vector pack_entries(const Matrix& symmetric) {
    const Eigen::Index dimension = symmetric.rows();
    Vector packed(dimension * (dimension + 1) / 2);
    Eigen::Index at = 0;
    for (Eigen::Index j = 0; j < dimension; ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) {
            packed(at++) = symmetric(i, j);
        }
    }
    return packed;
}

Vector pack_symmetric(const Matrix& symmetric) {
    Matrix scaled = std::sqrt(2.0) * symmetric;
    scaled.diagonal() = symmetric.diagonal();
    return pack_entries(scaled);
}

Matrix unpack_symmetric(const Vector& packed, Eigen::Index dimension) {
    Matrix symmetric(dimension, dimension);
    Eigen::Index at = 0;
    for (Eigen::Index j = 0; j < dimension; ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) {
            symmetric(i, j) = packed(at++) / (i == j ? 1.0 : std::sqrt(2.0));
            symmetric(j, i) = symmetric(i, j);
        }
    }
    return symmetric;
}

}  // namespace stationary
