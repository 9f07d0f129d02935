#pragma once

#include "host/model/cell.h"

namespace stationary {

/// A relation that the stationary state of SGD satisfies exactly, whatever the loss, so that it checks a run without
/// knowing H (Yaida 2018; docs/theory.md, section 8). State and velocity are those of one moment, after a step:
///   ⟨(δ + lookahead·v)·∇L(δ)⟩ = factor·⟨|v|²⟩.
/// From stationarity of ⟨|ψ|²⟩ and ⟨ψ·v⟩ with ψ = δ + lookahead·v, the point whose step is a multiple of v alone,
/// ψ ← ψ − ρv after v ← μv + γĝ, γ = 1 − τ: ⟨ψ·v⟩ = −(ρ/2)⟨|v|²⟩ after a step and +(ρ/2)⟨|v|²⟩ with the new v and the
/// old ψ, so γ⟨ψ·ĝ⟩ = (ρ/2)(1 + μ)⟨|v|²⟩, and ⟨ψ·ĝ⟩ = ⟨ψ·∇L⟩ because the batch does not depend on the past.
/// Heavy ball and EMA: ρ = η, lookahead 0. PyTorch's Nesterov: ρ = η(1 − μτ)/(1 − τ), lookahead ημ/(1 − τ); its
/// parameters are the looked-ahead point, ψ the one that Nesterov's method started from.
struct DissipationRelation {
    double lookahead = 0.0;
    double factor = 0.0;  ///< ρ(1 + μ)/(2(1 − τ)); NaN where there is no relation
};

/// The relation of a cell. NaN factor: langevin (no velocity), τ = 1 (the gradient does not reach the velocity), and
/// reshuffle, where a batch depends on the epoch's earlier ones.
DissipationRelation dissipation_relation(const Cell& cell);

/// f in ⟨δ·∇L⟩ = f·⟨|v|²⟩: ½η(1 + μ)/(1 − τ) for heavy ball and EMA. NaN where there is no such relation: as above, and
/// for Nesterov with μ ≠ 0, where ⟨δ·∇L⟩ = factor·⟨|v|²⟩ − lookahead·⟨v·∇L⟩ and the ratio ⟨δ·∇L⟩/⟨|v|²⟩ depends on H.
double dissipation_factor(const Cell& cell);

}  // namespace stationary
