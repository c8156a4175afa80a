/// What a file asks: observables, the condition over them, and the outcomes of the explored executions.
/// Start at [Condition] and [Outcomes]. An execution comes in as a [Valuation]; who ran it does not matter.
@NullMarked
package dev.faultline.litmus.condition;

import org.jspecify.annotations.NullMarked;
