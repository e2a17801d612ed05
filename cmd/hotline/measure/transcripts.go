package measure

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
)

// maxTranscriptLine bounds one line of a table of clips, in bytes.
const maxTranscriptLine = 64 << 10

// Clip is one recording and what is said in it.
type Clip struct{ File, Text string }

// ReadClips reads a table of clips: tab-separated, its first line names the columns. "file" and "text"
// must be there, others are ignored.
func ReadClips(r io.Reader) ([]Clip, error) {
	const op = "read transcripts"
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxTranscriptLine)
	var head []string
	var clips []Clip
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(strings.TrimPrefix(lines.Text(), "\ufeff"), "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if head == nil {
			head = fields
			if !slices.Contains(head, "file") || !slices.Contains(head, "text") {
				return nil, hotline.Errorf(op, hotline.CodeInvalid, "line %d: no columns \"file\" and \"text\"", n)
			}
			continue
		}
		column := func(name string) string {
			if i := slices.Index(head, name); i >= 0 && i < len(fields) {
				return strings.TrimSpace(fields[i])
			}
			return ""
		}
		c := Clip{File: column("file"), Text: column("text")}
		if c.File == "" || len(asr.Comparable(c.Text)) == 0 {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "line %d: file or text is missing", n)
		}
		clips = append(clips, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(clips) == 0 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "no clips")
	}
	return clips, nil
}

// Score sums the errors of transcripts.
type Score struct {
	Clips       int `json:"clips"`
	Chars       int `json:"chars"`       // that were said
	Errors      int `json:"errors"`      // changed, added or left out
	Traditional int `json:"traditional"` // transcripts that are not in simplified script
	Runaway     int `json:"runaway"`     // transcripts that repeat themselves, or are far longer than what was said
}

// Add counts one transcript and returns its own error rate.
func (s *Score) Add(ref, hyp string) float64 {
	errors, chars := asr.ErrorRate(ref, hyp)
	s.Clips++
	s.Errors += errors
	s.Chars += chars
	if asr.Simplify(hyp) != hyp {
		s.Traditional++
	}
	if runaway(hyp, chars) {
		s.Runaway++
	}
	return float64(errors) / float64(max(chars, 1))
}

// CER returns the character error rate.
func (s *Score) CER() float64 { return float64(s.Errors) / float64(max(s.Chars, 1)) }

// runaway tells whether a decoder got into a loop: a loop that the guards know, or more than twice as
// many characters as were said.
func runaway(hyp string, said int) bool {
	return asr.Guard(asr.Heard{Text: hyp}).Rejected == asr.RejectedRepetition || len(asr.Comparable(hyp)) > 2*said+8
}
