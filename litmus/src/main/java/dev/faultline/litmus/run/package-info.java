/// Runs a typed program on the model kernel. Start at [LitmusProgram]: one world of it is one execution.
/// [Compiler] turns bodies into code once a program; every load and store of theirs goes through the
/// process's page tables.
@NullMarked
package dev.faultline.litmus.run;

import org.jspecify.annotations.NullMarked;
