#pragma once

namespace stationary::bench {

/// Cycles per second of the core that runs this, under a light load: a chain of dependent additions of registers, one
/// cycle each on every core since the 1990s, timed; the median of several tries, after a few milliseconds to let the
/// clock rise. 0 on a processor for which no such loop is written. Heavy vector code may run at a lower clock, and a
/// busy machine shows a lower median.
double measure_core_hertz();

}  // namespace stationary::bench
