package flow

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Limits of an expression. What is allowed costs time and memory in proportion to the values it
// reads: no loops in loops, no ranges, nothing that makes texts longer than their parts.
const (
	maxExpression = 300  // bytes
	maxOperands   = 100  // nodes of the syntax tree
	maxMemory     = 1000 // elements made while evaluating
)

// functions are what expressions may call.
var functions = []string{"all", "any", "none", "one", "count", "len", "lower", "upper", "trim", "int", "float", "string", "abs", "round", "min", "max"}

// reserved are the words of the expression language. They cannot be names of slots and variables.
var reserved = append([]string{
	"true", "false", "nil", "and", "or", "not", "in", "if", "else", "let", "matches", "contains", "startsWith", "endsWith",
	"turn", "matter", "caller", "day",
}, append(functions, engineWords...)...)

// scope is the variables that an expression may read, with their types.
type scope = types.Map

// record is a variable with the fields that are listed and no others.
func record(fields ...string) types.Map {
	m := types.Map{}
	for _, f := range fields {
		m[f] = types.String
	}
	return m
}

// callerFlags are what is true or false of the person.
var callerFlags = []string{"elder", "anonymous", "confidential", "angry"}

// scopes returns what the expressions of flows and of the house may read.
func (s *Set) scopes() (flows, house scope) {
	turn := record("act", "category", "entry", "text")
	turn["confidence"], turn["again"] = types.Float64, types.Bool
	matter := record("id", "name", "department", "urgency", "dispatch")
	matter["due_workdays"], matter["required"] = types.Int, types.TypeOf([]string{})
	caller := record("number", "channel")
	for _, flag := range callerFlags {
		caller[flag] = types.Bool
	}
	house = scope{"turn": turn, "matter": matter, "caller": caller, "day": types.String}
	for name := range s.House.Slots {
		house[name] = types.String
	}
	flows = maps.Clone(house)
	for name := range s.results() {
		flows[name] = types.Map{"ok": types.Bool, types.Extra: types.Any}
	}
	for _, name := range engineWords {
		house[name] = types.String
	}
	return flows, house
}

// results returns the names of all variables that hold results.
func (s *Set) results() map[string]bool {
	names := map[string]bool{}
	for _, f := range s.Flows {
		for _, n := range f.Nodes {
			if n.Into != "" {
				names[n.Into] = true
			}
		}
	}
	return names
}

// program is a compiled expression.
type program struct {
	code     *vm.Program
	names    []string // variables it reads
	compared []comparison
}

// comparison is a fixed text that something is compared with.
type comparison struct {
	what string // turn.act, or the name of a slot
	with string
}

// compile checks an expression and what it evaluates to: "bool", "text" or "any".
func compile(source string, in scope, result string) (p *program, err error) {
	defer func() {
		if r := recover(); r != nil { // foreign code on foreign text
			p, err = nil, fmt.Errorf("表达式不能编译 (cannot compile: %v)", r)
		}
	}()
	switch {
	case strings.TrimSpace(source) == "":
		return nil, errors.New("表达式是空的 (empty expression)")
	case len(source) > maxExpression:
		return nil, fmt.Errorf("表达式超过 %d 字节，请拆开或改用分支节点 (expression too long)", maxExpression)
	}
	guard := &inspector{}
	options := []expr.Option{expr.Env(in), expr.MaxNodes(maxOperands), expr.DisableAllBuiltins(), expr.Patch(guard)}
	for _, f := range functions {
		options = append(options, expr.EnableBuiltin(f))
	}
	if result == "bool" {
		options = append(options, expr.AsBool())
	}
	code, err := expr.Compile(source, options...)
	switch {
	case guard.err != nil:
		return nil, guard.err
	case err != nil:
		return nil, inChinese(err, in)
	}
	if kind := code.Node().Type().Kind().String(); result == "text" && (kind == "bool" || kind == "map") {
		return nil, fmt.Errorf("花括号里应得到文字或数，不是 %s (cannot be said)", kind)
	}
	slices.Sort(guard.names)
	return &program{code: code, names: slices.Compact(guard.names), compared: guard.compared}, nil
}

var (
	unknownName = regexp.MustCompile(`^unknown name (\S+)`)
	unknownKey  = regexp.MustCompile(`^unknown field (\S+)`)
)

var errUnknownName = errors.New("unknown name")

// inChinese words an error of the compiler for the author of a flow.
func inChinese(err error, in scope) error {
	message, where := err.Error(), ""
	var at *file.Error
	if errors.As(err, &at) {
		message, where = at.Message, fmt.Sprintf("第 %d 字", at.Column+1)
	}
	if m := unknownName.FindStringSubmatch(message); m != nil {
		return fmt.Errorf("没有变量或函数“%s”%s (%w)", m[1], meant(m[1], slices.Sorted(maps.Keys(in)), functions...), errUnknownName)
	}
	if m := unknownKey.FindStringSubmatch(message); m != nil {
		var known []string
		for _, fields := range in {
			if fields, isRecord := fields.(types.Map); isRecord {
				known = slices.AppendSeq(known, maps.Keys(fields))
			}
		}
		slices.Sort(known)
		known = slices.DeleteFunc(slices.Compact(known), func(name string) bool { return name == types.Extra })
		return fmt.Errorf("没有“%s”这一项%s (unknown field)", m[1], meant(m[1], known))
	}
	if strings.HasPrefix(message, "expected bool") {
		return fmt.Errorf("条件应得到是或否 (%s)", message)
	}
	return fmt.Errorf("表达式%s有错 (%s)", where, message)
}

// inspector looks at a syntax tree before it is compiled. It refuses what can cost more than it
// reads and what is not the same every time, and notes the variables and comparisons.
type inspector struct {
	err      error
	names    []string
	compared []comparison
}

// Visit takes one node of the tree, after those below it.
func (i *inspector) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		i.names = append(i.names, n.Value)
		if n.Value == "$env" {
			i.refuse("不能用 $env (no $env)")
		}
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		i.refuse("不能用 let 和分号 (no let, no sequences)")
	case *ast.PredicateNode:
		if ast.Find(n.Node, func(inner ast.Node) bool { _, loop := inner.(*ast.PredicateNode); return loop }) != nil {
			i.refuse("all、any、count 等不能套用 (no loops in loops)")
		}
	case *ast.BinaryNode:
		i.binary(n)
	}
}

func (i *inspector) refuse(reason string) {
	if i.err == nil {
		i.err = errors.New(reason)
	}
}

func (i *inspector) binary(n *ast.BinaryNode) {
	what := pathOf(n.Left)
	switch n.Operator {
	case "..":
		i.refuse("不能用区间 .. (no ranges)")
	case "matches":
		if _, fixed := n.Right.(*ast.StringNode); !fixed {
			i.refuse("matches 右边应为固定文字 (pattern must be a literal)")
		}
	case "==", "!=":
		i.compare(what, n.Right)
	case "in":
		if list, fixed := n.Right.(*ast.ArrayNode); fixed {
			for _, element := range list.Nodes {
				i.compare(what, element)
			}
		}
	}
}

func (i *inspector) compare(what string, with ast.Node) {
	if text, fixed := with.(*ast.StringNode); fixed && what != "" {
		i.compared = append(i.compared, comparison{what, text.Value})
	}
}

// pathOf returns a variable or a field of one as it is written, "" for anything else.
func pathOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.ChainNode:
		return pathOf(n.Node)
	case *ast.MemberNode:
		if key, fixed := n.Property.(*ast.StringNode); fixed && pathOf(n.Node) != "" {
			return pathOf(n.Node) + "." + key.Value
		}
	}
	return ""
}

// trimmed is an expression as the set knows it.
func trimmed(source string) string { return strings.TrimSpace(source) }
