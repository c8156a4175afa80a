package dev.faultline.bench.peers;

/// What one tool made of one row. What was not measured, or makes no sense there, is not a number or empty.
///
/// @param counted       executions, complete and blocked, or states
/// @param coldSeconds   from nothing to the verdict: a fresh process, with what it has to generate and compile
/// @param firstSeconds  from nothing to the first violation
/// @param warmSeconds   the search alone
/// @param ratePerSecond executions or states
/// @param speedUp       with two threads
/// @param trace         of the counter-example: steps and switches
/// @param names         whether the report names lock, owner and waiter
/// @param replay        whether the counter-example, run again, shows the same
record Measured(
        Verdict verdict, String counted, double coldSeconds, double firstSeconds, double warmSeconds,
        double ratePerSecond, double peakMegabytes, double cpuSeconds, double speedUp, String trace, String names,
        String replay) {}
