/// The language: parser, interpreter, conditions. Here kernel and explorer meet.
module dev.faultline.litmus {
    requires static org.jspecify;
    requires transitive dev.faultline.explore;
    requires transitive dev.faultline.history;
    requires transitive dev.faultline.kernel;
    requires transitive dev.faultline.machine;
    requires org.antlr.antlr4.runtime;

    exports dev.faultline.litmus.condition;
    exports dev.faultline.litmus.expect;
    exports dev.faultline.litmus.load;
    exports dev.faultline.litmus.run;
    exports dev.faultline.litmus.setup;
    exports dev.faultline.litmus.syntax;
    exports dev.faultline.litmus.types;
    exports dev.faultline.litmus.verdict;
}
