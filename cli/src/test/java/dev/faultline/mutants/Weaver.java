package dev.faultline.mutants;

import java.lang.classfile.Attribute;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Weaves mutants into classes: at each place that can be left out the code asks [Switch] first.
final class Weaver {
    private static final ClassDesc SWITCH = ClassDesc.of("dev.faultline.mutants.Switch");
    private static final ClassDesc TASK = ClassDesc.of("dev.faultline.machine.task.Task");
    private static final MethodTypeDesc ASKS = MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_int);
    private static final MethodTypeDesc TELLS = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);
    private static final MethodTypeDesc ANSWERS = MethodTypeDesc.of(ConstantDescs.CD_boolean);
    private static final MethodTypeDesc TICKS = MethodTypeDesc.of(ConstantDescs.CD_void);
    private static final MethodTypeDesc PASSES =
            MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_boolean, ConstantDescs.CD_int);

    private static final String SHARED = "dev/faultline/machine/shared/";
    private static final Set<String> LOCKS =
            Set.of(SHARED + "RwSemaphore", SHARED + "BitLock", SHARED + "Mutex", SHARED + "SpinLock");
    private static final Set<String> TAKES = Set.of("downRead", "downWrite", "lock", "lockUnpublished", "tryLock");
    private static final Set<String> GIVES = Set.of("upRead", "upWrite", "unlock");
    private static final Set<String> REFERENCES = Set.of("get", "put", "getForFile", "putForFile", "getWithinStep",
            "putWithinStep", "duplicate", "free", "freeSwap", "freeSwapAndCache", "drop");

    /// What is no part of the kernel: what reports say, digests of states, what looks a finished execution over, and what
    /// makes the machine before anything runs.
    private static final Set<String> NO_KERNEL = Set.of("<init>", "<clinit>", "toString", "hash", "stateHash", "hashCode",
            "equals", "leak", "leaks", "disagreement", "leftBehind", "checkQuiescent", "check", "evict", "format", "place",
            "peekUsed", "isEmpty", "layOut", "holders", "claimAccess", "sharedAccess");

    /// What the explorer is told, and what takes no part in a result.
    private static final Set<String> BOOKKEEPING = Set.of("step", "learn", "changed", "touch", "again", "first",
            "claims", "note", "environmentActs");

    private final List<Site> sites = new ArrayList<>();
    private final Map<String, Integer> known = new HashMap<>();
    private final ClassFile classFile;

    Weaver(ClassHierarchyResolver resolver) {
        this.classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(resolver));
    }

    /// {@return the places found so far}
    List<Site> sites() {
        return sites;
    }

    /// {@return the class, asking wherever a lock that was not taken must not be given up, and wherever something can be
    /// left out}
    ///
    /// @param mutate whether things are left out of it
    byte[] weave(byte[] bytes, boolean mutate) {
        ClassModel model = classFile.parse(bytes);
        String name = model.thisClass().asInternalName().replace('/', '.').replaceFirst("dev\\.faultline\\.kernel\\.", "");
        MethodTransform ofMethod = (builder, element) -> {
            if (element instanceof CodeModel code) {
                String method = code.parent().map(parent -> parent.methodName().stringValue()).orElseThrow();
                String named = method.replaceFirst("lambda\\$(\\w+)\\$\\d+", "$1");
                boolean mutated = mutate && !NO_KERNEL.contains(named) && !isGenerated(code) && !tellsExplorer(code);
                builder.withCode(out -> new Body(out, name + "." + method, code.elementList(), mutated).weave());
            } else {
                builder.with(element);
            }
        };
        return classFile.transformClass(model, ClassTransform.transformingMethods(ofMethod));
    }

    private static boolean isGenerated(CodeModel code) {
        return code.parent().map(MethodModel::flags).orElseThrow().has(AccessFlag.SYNTHETIC)
                && !code.parent().orElseThrow().methodName().stringValue().startsWith("lambda$");
    }

    /// {@return whether it is a lambda that says what a step touches}
    private static boolean tellsExplorer(CodeModel code) {
        List<ClassDesc> parameters = code.parent().orElseThrow().methodTypeSymbol().parameterList();
        return code.parent().orElseThrow().methodName().stringValue().startsWith("lambda$") && !parameters.isEmpty()
                && parameters.getLast().equals(TASK);
    }

    private int site(Site.Sort sort, String where, String what, int line) {
        String stem = where.replaceFirst("lambda\\$(\\w+)\\$\\d+", "$1, lambda") + ": " + what;
        int occurrence = known.merge(stem, 1, Integer::sum);
        int id = sites.size();
        sites.add(new Site(id, sort, occurrence == 1 ? stem : stem + " #" + occurrence, line));
        return id;
    }

    /// One method.
    private final class Body {
        private final CodeBuilder out;
        private final String where;
        private final List<CodeElement> code;
        private final boolean mutate;
        private final Map<Label, Integer> positions = new HashMap<>();
        private int line;
        private String before = "";

        Body(CodeBuilder out, String where, List<CodeElement> code, boolean mutate) {
            this.out = out;
            this.where = where;
            this.code = code;
            this.mutate = mutate;
            for (int i = 0; i < code.size(); i++) {
                if (code.get(i) instanceof LabelTarget target) {
                    positions.put(target.label(), i);
                }
            }
        }

        void weave() {
            for (int i = 0; i < code.size(); i++) {
                weave(i);
            }
        }

        private void weave(int at) {
            switch (code.get(at)) {
                case LineNumber number -> {
                    line = number.line();
                    out.with(number);
                }
                case InvokeInstruction invoke -> {
                    invoke(at, invoke);
                    before = invoke.name().stringValue();
                }
                case BranchInstruction branch when position(branch) <= at -> {
                    out.invokestatic(SWITCH, "tick", TICKS);
                    out.with(branch);
                }
                case BranchInstruction branch when mutate && isCheck(at, branch) -> check(branch, isLoop(at, branch));
                case Attribute<?> _ -> { }
                case CodeElement element -> out.with(element);
            }
        }

        // ---- calls ----

        private void invoke(int at, InvokeInstruction invoke) {
            String owner = invoke.owner().asInternalName();
            String name = invoke.name().stringValue();
            if (LOCKS.contains(owner) && GIVES.contains(name)) {
                out.invokestatic(SWITCH, name, withReceiver(invoke, false));
            } else if (!mutate) {
                out.with(invoke);
            } else if (LOCKS.contains(owner) && TAKES.contains(name)) {
                out.loadConstant(site(Site.Sort.LOCK, where, name + " of " + before, line));
                out.invokestatic(SWITCH, name, withReceiver(invoke, true));
            } else if (isEffect(at, invoke)) {
                leaveOut(invoke, REFERENCES.contains(name) ? Site.Sort.REFERENCE : Site.Sort.EFFECT);
            } else {
                out.with(invoke);
                value(at, invoke);
            }
        }

        private MethodTypeDesc withReceiver(InvokeInstruction invoke, boolean numbered) {
            MethodTypeDesc type = invoke.typeSymbol().insertParameterTypes(0, invoke.owner().asSymbol());
            return numbered ? type.insertParameterTypes(type.parameterCount(), ConstantDescs.CD_int) : type;
        }

        /// {@return whether nothing but its effect is wanted of a call}
        private boolean isEffect(int at, InvokeInstruction invoke) {
            String owner = invoke.owner().asInternalName();
            String name = invoke.name().stringValue();
            boolean ours = owner.startsWith("dev/faultline/") && !name.equals("<init>") && !BOOKKEEPING.contains(name);
            boolean consumer = name.equals("ifPresent") || name.equals("forEach") || owner.equals("java/lang/Runnable");
            boolean unused = invoke.typeSymbol().returnType().equals(ConstantDescs.CD_void)
                    || next(at) instanceof StackInstruction stack && stack.opcode() == Opcode.POP;
            return (ours || consumer) && unused;
        }

        private CodeElement next(int at) {
            int i = at + 1;
            while (i < code.size() - 1 && (code.get(i) instanceof LineNumber
                    || code.get(i) instanceof LabelTarget)) {
                i++;
            }
            return code.get(Math.min(i, code.size() - 1));
        }

        private void leaveOut(InvokeInstruction invoke, Site.Sort sort) {
            Label asUsual = out.newLabel();
            Label end = out.newLabel();
            int id = site(sort, where, invoke.name().stringValue() + after(), line);
            out.loadConstant(id).invokestatic(SWITCH, "on", ASKS).ifeq(asUsual);
            List<ClassDesc> parameters = invoke.typeSymbol().parameterList();
            for (ClassDesc parameter : parameters.reversed()) {
                pop(parameter);
            }
            if (invoke.opcode() != Opcode.INVOKESTATIC) {
                out.pop();
            }
            push(invoke.typeSymbol().returnType());
            out.goto_(end).labelBinding(asUsual).with(invoke).labelBinding(end);
        }

        private String after() {
            return before.isEmpty() ? "" : " after " + before;
        }

        private void pop(ClassDesc type) {
            if (TypeKind.from(type).slotSize() == 2) {
                out.pop2();
            } else {
                out.pop();
            }
        }

        private void push(ClassDesc type) {
            switch (TypeKind.from(type)) {
                case VOID -> { }
                case REFERENCE -> out.aconst_null();
                case LONG -> out.lconst_0();
                case DOUBLE -> out.dconst_0();
                case FLOAT -> out.fconst_0();
                case BOOLEAN, BYTE, CHAR, SHORT, INT -> out.iconst_0();
            }
        }

        /// An answer that is handed on without being looked at.
        private void value(int at, InvokeInstruction invoke) {
            boolean handedOn = invoke.typeSymbol().returnType().equals(ConstantDescs.CD_boolean)
                    && next(at) instanceof ReturnInstruction;
            if (handedOn) {
                out.loadConstant(site(Site.Sort.CHECK, where, "answer of " + invoke.name().stringValue(), line));
                out.invokestatic(SWITCH, "value", PASSES);
            }
        }

        // ---- checks ----

        private boolean isCheck(int at, BranchInstruction branch) {
            boolean jump = branch.opcode() == Opcode.GOTO || branch.opcode() == Opcode.GOTO_W;
            boolean elements = isLoop(at, branch) && (before.equals("hasNext") || operands(branch) == 2);
            boolean told = before.equals("current"); // what the explorer is told: `learn(x ? 1 : 0)`
            return !jump && !elements && !told;
        }

        private int position(BranchInstruction branch) {
            return positions.getOrDefault(branch.target(), 0);
        }

        /// {@return whether the branch leaves a loop at its head: it goes beyond a jump back to what is before it}
        private boolean isLoop(int at, BranchInstruction branch) {
            for (int i = at + 1; i < position(branch); i++) {
                if (code.get(i) instanceof BranchInstruction back && position(back) <= at
                        && position(branch) - i <= 4) {
                    return true;
                }
            }
            return false;
        }

        private void check(BranchInstruction branch, boolean loop) {
            Label asUsual = out.newLabel();
            Label end = out.newLabel();
            int id = site(Site.Sort.CHECK, where, (loop ? "while" : "if") + after(), line);
            out.loadConstant(id).invokestatic(SWITCH, "on", ASKS).ifeq(asUsual);
            for (int i = 0; i < operands(branch); i++) {
                out.pop();
            }
            if (loop) {
                out.goto_(branch.target());
            } else {
                out.invokestatic(SWITCH, "taken", ANSWERS).ifne(branch.target()).goto_(end);
            }
            out.labelBinding(asUsual).with(branch);
            out.loadConstant(id).invokestatic(SWITCH, "stayed", TELLS);
            out.labelBinding(end);
        }

        private int operands(BranchInstruction branch) {
            return switch (branch.opcode()) {
                case IF_ACMPEQ, IF_ACMPNE, IF_ICMPEQ, IF_ICMPNE, IF_ICMPLT, IF_ICMPGE, IF_ICMPGT, IF_ICMPLE -> 2;
                default -> 1;
            };
        }
    }
}
