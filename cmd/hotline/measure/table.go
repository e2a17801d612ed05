package measure

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Row is one line of a table: what was measured, what came out, and what was wanted of it.
type Row struct {
	What, Got, Want string
	Verdict         Verdict
}

// Verdict tells whether a wish is met.
type Verdict string

// The verdicts. A row without a wish has Open.
const (
	Open   Verdict = ""
	Met    Verdict = "✓"
	Missed Verdict = "✗"
)

// Judge returns the verdict on a wish.
func Judge(met bool) Verdict {
	if met {
		return Met
	}
	return Missed
}

// AtMost returns a row whose number, in a unit, is not to exceed a limit.
func AtMost(what string, got, limit float64, unit string) Row {
	return Row{what, number(got) + unit, "≤ " + number(limit) + unit, Judge(got <= limit)}
}

// AtLeast returns a row whose number, in a unit, is to reach a limit.
func AtLeast(what string, got, limit float64, unit string) Row {
	return Row{what, number(got) + unit, "≥ " + number(limit) + unit, Judge(got >= limit)}
}

// Plain returns a row without a wish.
func Plain(what, format string, args ...any) Row {
	return Row{What: what, Got: fmt.Sprintf(format, args...)}
}

// number writes no more digits than are of use.
func number(x float64) string {
	text := fmt.Sprintf("%.2f", x)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// WriteTable prints rows in columns. Chinese characters count as two columns, as terminals show them.
func WriteTable(w io.Writer, title string, rows []Row) error {
	var what, got, want int
	for _, r := range rows {
		what, got, want = max(what, columns(r.What)), max(got, columns(r.Got)), max(want, columns(r.Want))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", title)
	for _, r := range rows {
		line := fmt.Sprintf("  %s  %s  %s  %s", pad(r.What, what), pad(r.Got, got), pad(r.Want, want), r.Verdict)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}

// columns returns how wide a terminal shows a text: East Asian wide characters (UAX #11) take two.
func columns(text string) int {
	wide := 0
	for _, r := range text {
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6) {
			wide++
		}
	}
	return utf8.RuneCountInString(text) + wide
}
