package flow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/vm"

	"github.com/hotline-cc/hotline"
)

// Env holds the variables of a conversation by name. What is missing has its empty value: "" for
// slots, ok false for results.
type Env map[string]any

// maxExpanded is the longest text that Expand returns, in bytes.
const maxExpanded = 8000

const opEval = "evaluate expression"

// Eval evaluates an expression of the set. CodeNotFound: it stands in none of its files;
// CodeInvalid: the values do not suit it.
func (s *Set) Eval(source string, env Env) (any, error) {
	p, found := s.programs[trimmed(source)]
	if !found {
		return nil, hotline.Errorf(opEval, hotline.CodeNotFound, "流程里没有这个表达式 (not compiled): %.100s", source)
	}
	vars := make(map[string]any, len(p.names))
	for _, name := range p.names {
		if vars[name] = env[name]; vars[name] == nil {
			vars[name] = s.empty(name)
		}
	}
	machine := vm.VM{MemoryBudget: maxMemory}
	value, err := machine.Run(p.code, vars)
	if err != nil {
		return nil, hotline.Errorf(opEval, hotline.CodeInvalid, "表达式算不出来 (%.100s): %w", source, err)
	}
	return value, nil
}

// empty is the value of a variable that has none.
func (s *Set) empty(name string) any {
	switch name {
	case "turn":
		return map[string]any{"act": "", "category": "", "entry": "", "text": "", "confidence": 0.0, "again": false}
	case "matter":
		return map[string]any{"id": "", "name": "", "department": "", "urgency": "", "dispatch": "", "due_workdays": 0, "required": []string(nil)}
	case "caller":
		caller := map[string]any{"number": "", "channel": ""}
		for _, flag := range callerFlags {
			caller[flag] = false
		}
		return caller
	}
	if s.variables[name] {
		return map[string]any{"ok": false}
	}
	return ""
}

// Bool evaluates a condition of the set. The empty one is true.
func (s *Set) Bool(source string, env Env) (bool, error) {
	if source == "" {
		return true, nil
	}
	value, err := s.Eval(source, env)
	if err != nil {
		return false, err
	}
	b, ok := value.(bool)
	if !ok {
		return false, hotline.Errorf(opEval, hotline.CodeInvalid, "条件应得到是或否，得到 %T (want true or false): %.100s", value, source)
	}
	return b, nil
}

// Expand returns a wording of the set with the expressions in braces replaced by their values.
// CodeTooLarge: the values make it longer than can be said.
func (s *Set) Expand(text string, env Env) (string, error) {
	pieces, err := split(text)
	if err != nil {
		return "", hotline.Errorf(opEval, hotline.CodeInvalid, "%w", err)
	}
	var b strings.Builder
	for _, p := range pieces {
		said := p.text
		if p.expression {
			value, err := s.Eval(p.text, env)
			if err != nil {
				return "", err
			}
			if said, err = sayable(value); err != nil {
				return "", hotline.Errorf(opEval, hotline.CodeInvalid, "%.100s: %w", p.text, err)
			}
		}
		if b.Len()+len(said) > maxExpanded {
			return "", hotline.Errorf(opEval, hotline.CodeTooLarge, "话术代入后超过 %d 字节 (text too long)", maxExpanded)
		}
		b.WriteString(said)
	}
	return b.String(), nil
}

// sayable is a value as it stands in a text.
func sayable(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		if v {
			return "是", nil
		}
		return "否", nil
	case int, int64, uint64, int32:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case []string:
		return strings.Join(v, "、"), nil
	case []any:
		list := make([]string, len(v))
		for i, element := range v {
			if _, nested := element.([]any); nested {
				return "", fmt.Errorf("列表里不能再有列表 (nested list)")
			}
			var err error
			if list[i], err = sayable(element); err != nil {
				return "", err
			}
		}
		return strings.Join(list, "、"), nil
	}
	return "", fmt.Errorf("%T 说不出来 (cannot be said)", value)
}

// piece is a part of a wording: what is said as it is, or an expression.
type piece struct {
	text       string
	expression bool
}

// split takes a wording apart at its braces.
func split(text string) ([]piece, error) {
	var list []piece
	for rest := text; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			return append(list, piece{text: rest}), nil
		}
		if open > 0 {
			list = append(list, piece{text: rest[:open]})
		}
		end := strings.IndexAny(rest[open+1:], "{}")
		if rest[open] == '}' || end < 0 || rest[open+1+end] == '{' {
			return nil, fmt.Errorf("花括号不成对：%.60s (unbalanced braces)", rest[open:])
		}
		list = append(list, piece{text: strings.TrimSpace(rest[open+1 : open+1+end]), expression: true})
		rest = rest[open+end+2:]
	}
	return list, nil
}
