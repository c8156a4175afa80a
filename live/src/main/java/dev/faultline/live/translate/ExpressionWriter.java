package dev.faultline.live.translate;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression.LogicalOperator;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.CallSignature;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.litmus.types.TypedExpression.UnaryOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes the expressions of a body as C.
final class ExpressionWriter {
    private final Body body;
    private final Memory memory;
    private final Registers registers;
    private final Constant constants;

    ExpressionWriter(Body body, Memory memory, Registers registers, Constant constants) {
        this.body = body;
        this.memory = memory;
        this.registers = registers;
        this.constants = constants;
    }

    /// {@return an expression for its effect}
    String statement(TypedExpression expression) {
        return write(dropped(expression)).text();
    }

    private static TypedExpression dropped(TypedExpression expression) {
        return expression instanceof TypedExpression.Convert convert && convert.type() instanceof CType.Void
                ? dropped(convert.operand()) : expression;
    }

    Text write(TypedExpression expression) {
        return switch (expression) {
            case TypedExpression.Const constant -> constants.text(constant);
            case TypedExpression.RegisterRead read -> Text.of(registers.name(read.slot(), read.type()));
            case TypedExpression.RegisterAssign assign -> assign(
                    Text.of(registers.name(assign.slot(), assign.type())), value(assign.value(), assign.type()));
            case TypedExpression.Address address -> memory.address(address, body);
            case TypedExpression.Load load -> object(load.address(), load.type());
            case TypedExpression.Store store -> store(store);
            case TypedExpression.CopyStruct copy -> copy(copy);
            case TypedExpression.Unary unary -> unary(unary);
            case TypedExpression.Binary binary -> binary(binary);
            case TypedExpression.Logical logical -> logical(logical);
            case TypedExpression.Conditional choice -> conditional(choice);
            case TypedExpression.Sequence sequence -> new Text(
                    write(sequence.first()).at(Text.COMMA) + ", " + write(sequence.second()).at(Text.ASSIGNMENT), Text.COMMA);
            case TypedExpression.Convert convert -> convert(convert);
            case TypedExpression.Call call -> call(call);
            case TypedExpression.ErrnoRead _ -> Text.of("errno");
            case TypedExpression.ErrnoAssign set -> assign(Text.of("errno"), value(set.value(), IntegerType.INT));
        };
    }

    private static Text assign(Text target, Text value) {
        return new Text(target.at(Text.UNARY) + " = " + value.at(Text.ASSIGNMENT), Text.ASSIGNMENT);
    }

    /// {@return a value that is assigned to an object of `type`: C makes the conversion itself}
    private Text value(TypedExpression expression, CType type) {
        return expression instanceof TypedExpression.Convert convert && convert.type().equals(type)
                && assignable(convert.operand().type(), type) ? write(convert.operand()) : write(expression);
    }

    private static boolean assignable(CType from, CType to) {
        return from instanceof IntegerType && to instanceof IntegerType
                || from instanceof CType.Pointer(CType a) && to instanceof CType.Pointer(CType b)
                && (a instanceof CType.Void || b instanceof CType.Void);
    }

    // ---- memory ----

    /// {@return what lies at an address}
    private Text object(TypedExpression address, CType type) {
        return switch (address) {
            case TypedExpression.Address known -> memory.object(known, type, body);
            case TypedExpression.Binary(var operator, _, _, var pointer, var bytes, _)
                    when operator == BinaryOperator.ADD && pointsTo(pointer, type) && isInOrder(pointer, bytes) ->
                elements(bytes, type.size()).map(index -> Text.of(
                        write(pointer).at(Text.POSTFIX) + "[" + index.text() + "]")).orElseGet(() -> behind(address, type));
            default -> behind(address, type);
        };
    }

    private Text behind(TypedExpression address, CType type) {
        if (pointsTo(address, type)) {
            Text pointer = write(address);
            return pointer.binding() == Text.POSTFIX && !(address instanceof TypedExpression.Call)
                    ? Text.of(pointer.text() + "[0]") : new Text("*" + pointer.at(Text.UNARY), Text.UNARY);
        }
        return new Text("*" + CTypes.cast(new CType.Pointer(type)) + write(address).at(Text.UNARY), Text.UNARY);
    }

    private static boolean pointsTo(TypedExpression address, CType type) {
        return address.type() instanceof CType.Pointer(CType target) && target.equals(type);
    }

    private static boolean isInOrder(TypedExpression first, TypedExpression second) {
        return !Effects.ordered(first, second);
    }

    /// {@return a number of bytes as a number of elements, where it is written as one}
    private Optional<Text> elements(TypedExpression bytes, long size) {
        return switch (bytes) {
            case TypedExpression.Const known when known.value() % size == 0 ->
                Optional.of(size == 1 ? write(known) : Constant.number(IntegerType.LONG, known.value() / size));
            case TypedExpression.Binary(var operator, _, _, var count, TypedExpression.Const factor, _)
                    when operator == BinaryOperator.MULTIPLY && factor.value() == size -> Optional.of(index(count));
            default -> size == 1 ? Optional.of(index(bytes)) : Optional.empty();
        };
    }

    private Text index(TypedExpression count) {
        return count instanceof TypedExpression.Convert(var type, var operand, _)
                && type == IntegerType.LONG && operand.type() instanceof IntegerType from
                && from.fitsIn(IntegerType.LONG) ? write(operand) : write(count);
    }

    private Text store(TypedExpression.Store store) {
        if (isInOrder(store.address(), store.value())) {
            return assign(object(store.address(), store.type()), value(store.value(), store.type()));
        }
        var pointer = new CType.Pointer(store.type());
        String place = registers.temporary(pointer);
        return new Text(assign(Text.of(place), pointsTo(store.address(), store.type())
                ? write(store.address()) : converted(pointer, store.address())).text() + ", "
                + assign(Text.of(place + "[0]"), value(store.value(), store.type())).text(), Text.COMMA);
    }

    private Text copy(TypedExpression.CopyStruct copy) {
        return Text.of("copy_memory(" + copyArgument(copy.target()) + ", " + copyArgument(copy.source()) + ", sizeof("
                + copy.struct() + "))");
    }

    private String copyArgument(TypedExpression address) {
        return "(void *)" + write(address).at(Text.UNARY);
    }

    // ---- operators ----

    private Text unary(TypedExpression.Unary unary) {
        String symbol = switch (unary.operation()) {
            case NEGATE -> "-";
            case COMPLEMENT -> "~";
            case NOT -> "!";
        };
        TypedExpression operand = unary.operation() == UnaryOperation.NOT ? unary.operand()
                : promoted(unary.operand(), unary.operand().type());
        String text = write(operand).at(Text.UNARY);
        return new Text(symbol + (text.startsWith(symbol) ? " " : "") + text, Text.UNARY);
    }

    /// {@return an operand without the conversion that C makes by itself, where it ends at `type`}
    private static TypedExpression promoted(TypedExpression operand, CType type) {
        return operand instanceof TypedExpression.Convert(var to, var inner, _) && to.equals(type)
                && inner.type() instanceof IntegerType from && from.promoted().equals(type) ? inner : operand;
    }

    private Text binary(TypedExpression.Binary binary) {
        if (isInOrder(binary.left(), binary.right())) {
            return operation(binary, Optional.empty());
        }
        String first = registers.temporary(binary.left().type());
        return new Text(assign(Text.of(first), write(binary.left())).text() + ", "
                + operation(binary, Optional.of(Text.of(first))).at(Text.ASSIGNMENT), Text.COMMA);
    }

    private Text operation(TypedExpression.Binary binary, Optional<Text> first) {
        int binding = binding(binary.operator());
        String symbol = " " + binary.operator().symbol() + " ";
        if (binary.type() instanceof CType.Pointer(CType target)) {
            return pointerArithmetic(binary, first, target);
        }
        TypedExpression left = binary.left();
        TypedExpression right = binary.right();
        if (binary.operator().isShift()) {
            left = promoted(left, binary.operandType());
        } else if (stripped(left).type() instanceof IntegerType a && stripped(right).type() instanceof IntegerType b
                && IntegerType.common(a, b).equals(binary.operandType())) {
            left = stripped(left);
            right = stripped(right);
        }
        TypedExpression operand = left;
        return new Text(first.orElseGet(() -> write(operand)).at(binding) + symbol + write(right).at(binding + 1), binding);
    }

    private static TypedExpression stripped(TypedExpression operand) {
        return operand instanceof TypedExpression.Convert(var to, var inner, _) && to instanceof IntegerType
                && inner.type() instanceof IntegerType ? inner : operand;
    }

    private Text pointerArithmetic(TypedExpression.Binary binary, Optional<Text> first, CType target) {
        long size = target instanceof CType.Void ? 1 : target.size();
        Text pointer = first.orElseGet(() -> write(binary.left()));
        String symbol = " " + binary.operator().symbol() + " ";
        Optional<Text> elements = elements(binary.right(), size);
        if (elements.isPresent()) {
            return new Text(pointer.at(Text.ADDITIVE) + symbol + elements.get().at(Text.ADDITIVE + 1), Text.ADDITIVE);
        }
        return new Text(CTypes.cast(binary.type()) + "((volatile char *)" + pointer.at(Text.UNARY) + symbol
                + write(binary.right()).at(Text.ADDITIVE + 1) + ")", Text.UNARY);
    }

    private static int binding(BinaryOperator operator) {
        return switch (operator) {
            case MULTIPLY, DIVIDE, REMAINDER -> Text.ADDITIVE + 1;
            case ADD, SUBTRACT -> Text.ADDITIVE;
            case SHIFT_LEFT, SHIFT_RIGHT -> Text.ADDITIVE - 1;
            case LESS, LESS_EQUAL, GREATER, GREATER_EQUAL -> Text.ADDITIVE - 2;
            case EQUAL, NOT_EQUAL -> Text.ADDITIVE - 3;
            case BIT_AND -> Text.BIT_OR + 2;
            case BIT_XOR -> Text.BIT_OR + 1;
            case BIT_OR -> Text.BIT_OR;
        };
    }

    private Text logical(TypedExpression.Logical logical) {
        boolean and = logical.operator() == LogicalOperator.AND;
        int binding = and ? Text.AND : Text.OR;
        return new Text(write(logical.left()).at(binding + 1) + (and ? " && " : " || ")
                + write(logical.right()).at(binding + 1), binding);
    }

    private Text conditional(TypedExpression.Conditional choice) {
        return new Text(write(choice.test()).at(Text.OR) + " ? " + write(choice.chosen()).at(Text.ASSIGNMENT) + " : "
                + write(choice.otherwise()).at(Text.CONDITIONAL), Text.CONDITIONAL);
    }

    private Text convert(TypedExpression.Convert convert) {
        return converted(convert.type(), convert.operand());
    }

    private Text converted(CType type, TypedExpression operand) {
        return new Text(CTypes.cast(type) + write(operand).at(Text.UNARY), Text.UNARY);
    }

    // ---- calls ----

    private Text call(TypedExpression.Call call) {
        List<String> before = new ArrayList<>();
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < call.arguments().size(); i++) {
            TypedExpression argument = call.arguments().get(i);
            String text = argument(call.signature(), i, argument);
            if (call.arguments().subList(i + 1, call.arguments().size()).stream().allMatch(later -> isInOrder(argument, later))) {
                arguments.add(text);
            } else {
                String name = registers.temporary(argument.type());
                before.add(assign(Text.of(name), value(argument, argument.type())).text());
                arguments.add(argument.type() instanceof CType.Pointer ? "(void *)" + name : name);
            }
        }
        String text = CallNames.of(call.signature()) + String.join(", ", arguments) + ")";
        if (before.isEmpty()) {
            return Text.of(text);
        }
        return new Text(String.join(", ", before) + ", " + text, Text.COMMA);
    }

    private String argument(CallSignature signature, int index, TypedExpression argument) {
        Optional<CType> parameter = signature.parameters().get(index).type();
        if (parameter.isPresent() && parameter.get() instanceof CType.Pointer) {
            return pointer(argument);
        }
        boolean fixed = index < signature.required() && parameter.isPresent();
        TypedExpression given = fixed && argument instanceof TypedExpression.Convert convert
                && convert.operand().type() instanceof IntegerType && convert.type() instanceof IntegerType
                ? convert.operand() : argument;
        return write(given).at(Text.ASSIGNMENT);
    }

    /// {@return a pointer that the callee takes as it is; the cast takes `volatile` off}
    private String pointer(TypedExpression argument) {
        TypedExpression given = argument instanceof TypedExpression.Convert convert
                && convert.operand().type() instanceof CType.Pointer ? convert.operand() : argument;
        String text = write(given).at(Text.UNARY);
        return text.equals("NULL") || text.startsWith("\"") ? text : "(void *)" + text;
    }
}
