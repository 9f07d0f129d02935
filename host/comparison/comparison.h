#pragma once

#include "host/estimate/estimate.h"
#include "host/experiment/experiment.h"
#include "host/laws/prediction.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

/// An estimate of up to 32 parameters whose shard_kurtosis exceeds this is heavy-tailed: its error bars mean nothing
/// (docs/design.md, section 6). 64 Gaussian shards exceed it with probability 2e-5 per diagonal entry, shards of 1,000
/// (100) independent Gaussian draws with 3e-5 (2e-4), by simulation of 10⁶ (3·10⁵) sets. It sees a covariance without
/// variance only often, not always: of shards of 1,000 draws whose square has tail index 1.2, 1.5, 1.9 it finds 79, 60,
/// 30 %. So compute the fourth-moment limit where possible.
constexpr double heavy_tail_kurtosis = 6.0;

/// The same for d parameters: shard_kurtosis is the largest of d, and for shards of 32 (128) Gaussian draws a tenth of
/// the probability lies 3.6 (2.7) higher, by simulation of 10⁶ sets. So a cell is called heavy-tailed by mistake about
/// as rarely as at 32 parameters. Test: statistical_verdict_test.cpp, tails_of_many_parameters.
double heavy_tail_threshold(Eigen::Index dimension);

/// A predicted variance below this fraction of the largest eigenvalue counts as zero: such a direction is left out of
/// W, and such an entry is compared with zero in absolute terms.
constexpr double null_tolerance = 1e-10;

/// chains_needed when no attainable number of chains decides: the error sits on the tolerance, the resolution is too
/// coarse, heavy tails.
constexpr std::int64_t undecidable_chains = std::int64_t{1} << 53;

enum class Verdict { agrees, differs, inconclusive };
std::string to_string(Verdict verdict);

/// (Ĉ_ij − P_ij)/√(P_ii P_jj) of one entry; row −1 where there is none.
struct EntryDeviation {
    std::int64_t row = -1;
    std::int64_t column = -1;
    double value = 0.0;
    double standard_error = 0.0;
};

/// An estimate beside one prediction (docs/design.md, section 6). NaN throughout if either is not finite.
struct Comparison {
    double relative_error = 0.0;                 ///< ‖Ĉ − P‖_F / ‖P‖_F, reported, not tested
    double relative_error_standard_error = 0.0;  ///< √(Σ_ij se_ij²) / ‖P‖_F: bounds its standard deviation (a norm is
                                                 ///< 1-Lipschitz) and is its size if Ĉ = P
    double signed_relative_error =
        0.0;  ///< tr(W(Ĉ − P)) / rank, W = P⁺ (pseudo-inverse); P = 0: 0 if Ĉ = 0, else inf, and not tested
    double signed_relative_error_interval[2] = {0.0, 0.0};  ///< simultaneous confidence interval
    double max_abs_t = 0.0;                                 ///< largest |t| over tr(WĈ) and all entries
    EntryDeviation largest;                                 ///< the entry with the largest |t|
    bool significant = false;                               ///< Ĉ ≠ P can be told at the family error rate
    Verdict verdict = Verdict::inconclusive;
    /// inconclusive: the chains that would decide it (see compare); otherwise the chains used
    std::int64_t chains_needed = 0;
};

/// How many intervals share the family error rate (Bonferroni): all comparisons of the run together.
struct Family {
    double tolerance = 0.01;
    double error_rate = 1e-3;
    std::int64_t intervals = 1;
};

/// The half-width, in standard errors, of each of the family's intervals: Student's t quantile at
/// error_rate/(2·intervals).
double simultaneous_quantile(const Family& family, std::int64_t shards);

/// Intervals that one comparison adds to the family: d(d+1)/2 entries and the trace.
std::int64_t intervals_per_comparison(Eigen::Index dimension);

/// Equivalence test of an estimate against a prediction, on tr(WĈ)/rank − 1 and on each entry (Ĉ_ij − P_ij)/√(P_ii
/// P_jj).
///
/// A null entry (P_ii or P_jj at or below null_tolerance·λ_max(P) or the resolution floor of its diagonal entry) has no
/// scale of its own. It is compared absolutely: z = null_tolerance·λ_max(P) joins its standard error (the prediction's
/// own rounding), and if 2q·√(floor² + z²)/tolerance is larger than √(P_ii P_jj) it is the scale, q being the quantile;
/// so an exact zero fills half the tolerance.
///
/// chains_needed shrinks what chains can shrink (all but the floor) as 1/√chains until twice the half-width fits
/// between the error and the tolerance, for then the true error's interval decides at the family's confidence. An error
/// whose interval covers 0 is taken to be 0. If some error is told from 0 and above the tolerance, the first to settle
/// counts, otherwise the last.
///
/// `heavy_tailed` (no fourth moment) forces inconclusive and not significant. Throws std::invalid_argument for mixed
/// dimensions.
Comparison compare(const Estimate& estimate, const Prediction& prediction, const Family& family, std::int64_t chains,
                   bool heavy_tailed);

/// One cell as the invariance test sees it.
struct InvarianceMember {
    std::int64_t cell = 0;  ///< index
    double learning_rate = 0.0;
    std::int64_t batch_size = 1;
    double reach = 0.0;  ///< η0·h_max·B·(1−μ)/(1+μ)
    const Estimate* estimate = nullptr;
    bool heavy_tailed = false;
    const Prediction* exact = nullptr;  ///< the law that is exact for this cell as it ran; nullptr if none is known
};

/// In which order the cells of a group are walked to find how far the invariance holds: by learning rate within one
/// momentum, by reach across momenta, where the learning rate has no meaning of its own.
enum class MemberOrder { learning_rate, reach };

/// How far the invariance holds: the largest values below which every cell keeps to the limit; 0 if none does.
struct InvarianceRange {
    double learning_rate = 0.0;
    std::int64_t batch_size = 0;
    double reach = 0.0;
};

/// One member's signed relative error against the limit.
struct MemberDeviation {
    double value = 0.0;  ///< NaN for a cell that is not judged
    double standard_error = 0.0;
    double half_width = 0.0;  ///< of its simultaneous interval
    double predicted = 0.0;   ///< the exact law's; NaN without one
    Verdict verdict = Verdict::inconclusive;
};

/// Do the cells that share η0 (per dynamics, update, sampling, momentum) have the one covariance of the small-η limit?
struct Invariance {
    Dynamics dynamics = Dynamics::sgd;
    UpdateRule update = UpdateRule::heavy_ball;
    Sampling sampling = Sampling::with_replacement;
    double eta0 = 0.0;
    double momentum = 0.0;
    std::vector<std::int64_t> cells;
    double relative_spread =
        0.0;  ///< largest |signed relative error| against HC + CH = η0 Σ¹ over the cells judged; NaN if none
    double relative_spread_standard_error = 0.0;
    double relative_spread_interval[2] = {0.0, 0.0};  ///< simultaneous, of the signed error with the largest magnitude
    double holds_up_to_learning_rate =
        0.0;  ///< largest η below which every cell agrees within the tolerance; 0 if none
    std::int64_t holds_up_to_batch_size = 0;
    double holds_up_to_reach = 0.0;
    Verdict verdict = Verdict::inconclusive;
    std::vector<MemberDeviation> deviations;  ///< of the cells, in their order
    /// The exact law's signed error of the cell with the spread; NaN without one.
    double predicted = std::numeric_limits<double>::quiet_NaN();
    std::optional<InvarianceRange> predicted_range;  ///< the same cells by their exact laws; empty if one has none
    /// Whether the measured breakdown is where the exact law puts it. differs: some cell is shown to be on the other
    /// side of the tolerance than its exact law; agrees: none is, and the ranges are the same.
    Verdict breakdown = Verdict::inconclusive;
};

/// Judges one group by each cell's signed relative error; members sorted on entry or not. `limit` is the covariance C
/// with HC + CH = η0 Σ¹. Each member is one interval of the family. Cells that share the learning rate (or the reach)
/// by which the range is walked hold or fail together. A heavy-tailed or non-finite cell is not judged: it ends the
/// range, keeps the group from agreeing and gives no evidence against it. Fills the cells and what follows; dynamics,
/// update, sampling, eta0 and momentum are the caller's. `chains` is not used. Throws std::invalid_argument for a
/// member without estimate or of another dimension.
Invariance judge_invariance(std::vector<InvarianceMember> members, const Prediction& limit, const Family& family,
                            std::int64_t chains, MemberOrder order = MemberOrder::learning_rate);

}  // namespace stationary
