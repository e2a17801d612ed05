package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
)

const op = "read configuration"

// maxFile is the longest file that is read, in bytes.
const maxFile = 1 << 20

// Load reads a file over the defaults. Its error has hotline.CodeInvalid and lists everything that
// is wrong, each with its line, its field and what is allowed.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	if len(text) > maxFile {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s has more than %d bytes", path, maxFile)
	}
	return parse(text, path)
}

// parse reads a file's text over the defaults. path names it in errors and is where the paths of
// secrets begin.
func parse(text []byte, path string) (*Config, error) {
	c := Default()
	r := reader{dir: filepath.Dir(path), lines: map[string]int{}}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // nothing but comments
	case err != nil:
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", path, err)
	default:
		r.read(document.Content[0], reflect.ValueOf(c).Elem(), "", "")
		var second yaml.Node
		if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
			r.wrong("", second.Line, "want one document")
		}
	}
	if len(r.problems) == 0 {
		r.check(c)
	}
	if len(r.problems) == 0 {
		return c, nil
	}
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(r.problems))
	for i, p := range r.problems {
		errs[i] = fmt.Errorf("%s:%d: %s", path, p.line, p.text)
	}
	return nil, hotline.Errorf(op, hotline.CodeInvalid, "%w", errors.Join(errs...))
}

// reader walks a document along the fields of Config. yaml.v3 alone would neither name the field of
// a wrong value nor tell the values it may have.
type reader struct {
	dir      string
	lines    map[string]int // of the fields that the file sets
	problems []problem
}

type problem struct {
	line int
	text string
}

func (r *reader) wrong(field string, line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if field != "" {
		text = field + ": " + text
	}
	r.problems = append(r.problems, problem{line, text})
}

// read sets v from a node. want is the tag of the field that v is or is an element of.
func (r *reader) read(n *yaml.Node, v reflect.Value, field, want string) {
	r.lines[field] = n.Line
	if n.Kind == yaml.AliasNode {
		r.wrong(field, n.Line, "aliases are not understood")
		return
	}
	_, leaf := v.Addr().Interface().(interface{ UnmarshalText([]byte) error })
	switch {
	case leaf:
		r.leaf(n, v, field, want)
	case v.Kind() == reflect.Struct:
		r.fields(n, v, field)
	case v.Kind() == reflect.Slice:
		r.list(n, v, field, want)
	default:
		r.leaf(n, v, field, want)
	}
}

func (r *reader) fields(n *yaml.Node, v reflect.Value, field string) {
	if empty(n) {
		return // a section whose settings are all commented out
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(field, n.Line, "want settings, one per line: %s", strings.Join(names(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		name := strings.TrimPrefix(field+"."+key.Value, ".")
		at := slices.Index(names(v.Type()), key.Value)
		switch {
		case at < 0:
			r.wrong(name, key.Line, "unknown setting, want one of %s", strings.Join(names(v.Type()), ", "))
		case seen[key.Value]:
			r.wrong(name, key.Line, "set twice")
		default:
			r.read(n.Content[i+1], v.Field(at), name, v.Type().Field(at).Tag.Get("want"))
		}
		seen[key.Value] = true
	}
}

func (r *reader) list(n *yaml.Node, v reflect.Value, field, want string) {
	if n.Kind != yaml.SequenceNode && !empty(n) {
		r.wrong(field, n.Line, "want a list%s", explain(want))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, element := range n.Content {
		preset(v.Index(i))
		r.read(element, v.Index(i), field+"["+strconv.Itoa(i)+"]", want)
	}
}

// preset fills an element of a list with what its default tags say.
func preset(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		if text := v.Type().Field(i).Tag.Get("default"); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil {
				panic(err) // a tag of ours
			}
			v.Field(i).SetInt(int64(d))
		}
	}
}

func (r *reader) leaf(n *yaml.Node, v reflect.Value, field, want string) {
	if empty(n) {
		r.wrong(field, n.Line, "has no value%s", explain(want))
		return
	}
	// yaml.v3 would cut the fraction off a number that should be whole.
	cut := kind(v) == wholeNumber && n.ShortTag() == "!!float"
	if err := n.Decode(v.Addr().Interface()); err != nil || cut {
		shown := strconv.Quote(n.Value)
		if _, secret := v.Interface().(Secret); secret || n.Kind != yaml.ScalarNode {
			shown = "this"
		}
		r.wrong(field, n.Line, "%s is no %s%s", shown, kind(v), explain(want))
		return
	}
	if s, secret := v.Interface().(Secret); secret {
		resolved, err := s.resolve(r.dir)
		if err != nil {
			r.wrong(field, n.Line, "%v", err)
		}
		v.Set(reflect.ValueOf(resolved))
		return
	}
	if !allowed(v, want) {
		r.wrong(field, n.Line, "%q%s", fmt.Sprint(v.Interface()), explain(want))
	}
}

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func explain(want string) string {
	if want == "" {
		return ""
	}
	return ", want " + strings.ReplaceAll(strings.TrimPrefix(want, "|"), "|", ", ")
}

// names returns the YAML names of a struct's fields.
func names(t reflect.Type) []string {
	list := make([]string, t.NumField())
	for i := range list {
		list[i], _, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	}
	return list
}

const wholeNumber = "whole number"

// kind is what a person calls the type of v.
func kind(v reflect.Value) string {
	switch v.Interface().(type) {
	case time.Duration:
		return "time such as 20ms"
	case Bytes:
		return "size such as 64MiB"
	case netip.Addr:
		return "IP address"
	case netip.AddrPort:
		return "address with a port"
	case netip.Prefix:
		return "IP prefix"
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Uint16:
		return wholeNumber
	case reflect.Float64:
		return "number"
	}
	return "text"
}

// allowed tells whether a value is one that its want tag allows. A tag without bounds or choices
// is in words, and asks for any value but the empty one unless it says "or nothing".
func allowed(v reflect.Value, want string) bool {
	if low, high, ranged := strings.Cut(want, "…"); ranged {
		return number(v, low) <= number(v, "") && number(v, "") <= number(v, high)
	}
	if strings.Contains(want, "|") {
		return slices.Contains(strings.Split(want, "|"), v.String())
	}
	return want == "" || strings.HasSuffix(want, "or nothing") || !v.IsZero()
}

// number reads a bound in the unit of v, or v itself when the bound is "".
func number(v reflect.Value, bound string) float64 {
	if bound != "" {
		v = reflect.New(v.Type()).Elem()
		if err := yaml.Unmarshal([]byte(bound), v.Addr().Interface()); err != nil {
			panic(err) // a tag of ours
		}
	}
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	}
	return v.Float()
}
