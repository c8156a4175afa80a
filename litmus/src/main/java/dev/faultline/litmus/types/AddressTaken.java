package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Declaration;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Finds the locals whose address a body takes: these live in memory, other scalars in registers.
final class AddressTaken {
    private final Deque<Map<String, Span>> scopes = new ArrayDeque<>();
    private final Set<Span> found = new HashSet<>();

    private AddressTaken() {}

    /// {@return the places of the declared names whose address `body` takes}
    static Set<Span> in(Statement.Block body) {
        var walk = new AddressTaken();
        walk.statement(body);
        return walk.found;
    }

    private void statement(Statement statement) {
        switch (statement) {
            case Statement.Block block -> scoped(() -> block.statements().forEach(this::statement));
            case Statement.Declare declare -> declare.declaration().declarators().forEach(this::declare);
            case Statement.Evaluate evaluate -> expression(evaluate.expression());
            case Statement.If choice -> {
                expression(choice.test());
                scoped(() -> statement(choice.chosen()));
                choice.otherwise().ifPresent(otherwise -> scoped(() -> statement(otherwise)));
            }
            case Statement.While loop -> {
                expression(loop.test());
                scoped(() -> statement(loop.body()));
            }
            case Statement.DoWhile loop -> {
                scoped(() -> statement(loop.body()));
                expression(loop.test());
            }
            case Statement.For loop -> scoped(() -> {
                statement(loop.start());
                Stream.of(loop.test(), loop.step()).flatMap(Optional::stream).forEach(this::expression);
                scoped(() -> statement(loop.body()));
            });
            case Statement.Return end -> end.value().ifPresent(this::expression);
            case Statement.Empty _, Statement.Break _, Statement.Continue _ -> {}
        }
    }

    private void scoped(Runnable inside) {
        scopes.push(new HashMap<>());
        inside.run();
        scopes.pop();
    }

    private void declare(Declaration.Declarator declarator) {
        declarator.dimensions().forEach(dimension -> dimension.length().ifPresent(this::expression));
        scopes.element().put(declarator.name().text(), declarator.name().span());
        declarator.initializer().ifPresent(this::initializer);
    }

    private void initializer(Declaration.Initializer initializer) {
        switch (initializer) {
            case Declaration.Initializer.Single single -> expression(single.value());
            case Declaration.Initializer.Braced braced ->
                braced.elements().forEach(element -> initializer(element.value()));
        }
    }

    private void expression(Expression expression) {
        if (expression instanceof Expression.Unary(var operator, Expression.Name(var name), _)
                && operator == Expression.UnaryOperator.ADDRESS) {
            scopes.stream().filter(scope -> scope.containsKey(name.text())).findFirst()
                    .ifPresent(scope -> found.add(scope.get(name.text())));
        }
        operands(expression).forEach(this::expression);
    }

    private static List<Expression> operands(Expression expression) {
        return switch (expression) {
            case Expression.IntegerLiteral _, Expression.CharacterLiteral _, Expression.StringLiteral _,
                    Expression.Name _, Expression.SizeofType _ -> List.of();
            case Expression.Call call -> call.arguments();
            case Expression.Index index -> List.of(index.array(), index.subscript());
            case Expression.Member member -> List.of(member.object());
            case Expression.Arrow arrow -> List.of(arrow.pointer());
            case Expression.Step step -> List.of(step.target());
            case Expression.Unary unary -> List.of(unary.operand());
            case Expression.SizeofValue sizeof -> List.of(sizeof.operand());
            case Expression.Cast cast -> List.of(cast.operand());
            case Expression.Binary binary -> List.of(binary.left(), binary.right());
            case Expression.Logical logical -> List.of(logical.left(), logical.right());
            case Expression.Conditional choice -> List.of(choice.test(), choice.chosen(), choice.otherwise());
            case Expression.Assign assign -> List.of(assign.target(), assign.value());
            case Expression.CompoundAssign assign -> List.of(assign.target(), assign.value());
            case Expression.Comma comma -> List.of(comma.first(), comma.second());
        };
    }
}
