package kb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity is how much a problem matters.
type Severity string

// The severities of a problem. An error refuses the content, a warning asks for a person's eye,
// a note only says what is so.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Problem is one thing found in the content.
type Problem struct {
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"` // of a YAML file, or row of a table; 0 is unknown
	ID       string   `json:"id,omitempty"`
	Field    string   `json:"field,omitempty"`
	Severity Severity `json:"severity"`
	Reason   string   `json:"reason"` // Chinese, with a short English gloss
}

func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:", p.Line)
	}
	for _, part := range []string{string(p.Severity) + ":", p.ID, p.Field, p.Reason} {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}

// Problems are all things found, as one error.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Errors returns those that refuse the content.
func (ps Problems) Errors() Problems { return ps.Only(Error) }

// Only returns those of one severity.
func (ps Problems) Only(s Severity) Problems {
	var only Problems
	for _, p := range ps {
		if p.Severity == s {
			only = append(only, p)
		}
	}
	return only
}

// Err returns the errors among them as an error, nil when there is none.
func (ps Problems) Err() error {
	if errs := ps.Errors(); len(errs) > 0 {
		return errs
	}
	return nil
}

func (ps *Problems) add(p Problem) {
	p.Severity = cmp.Or(p.Severity, Error)
	*ps = append(*ps, p)
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
