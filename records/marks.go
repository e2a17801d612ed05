package records

import (
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// Mark is something said, with where in the recording it begins.
type Mark struct {
	At    time.Duration // from the start of the recording, never negative
	By    string        // caller, bot, or who of the people
	Text  string
	Event uint64
}

// Marks finds what was said in a recording that began at a time, in the order of the sound. An event is written
// when the sentence is over: a prompt began its heard length before, and what the caller said began its
// length and the time of deciding on it before.
func Marks(events []hotline.Event, start time.Time) []Mark {
	decided := decisions(events)
	var marks []Mark
	for _, e := range events {
		m, took := Mark{Event: e.Seq}, 0
		switch b := e.Body.(type) {
		case hotline.Heard:
			if b.Rejected != "" {
				continue
			}
			m.By, m.Text, took = "caller", b.Text, b.SpeechMS+decided[b.Turn]
		case hotline.Said:
			m.By, m.Text, took = "bot", b.Text, b.HeardMS
		case hotline.Uttered:
			m.By, m.Text, took = b.Party, b.Text, b.SpeechMS
		default:
			continue
		}
		m.At = max(e.At.Sub(start)-time.Duration(took)*time.Millisecond, 0)
		marks = append(marks, m)
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(a.At - b.At) })
	return marks
}

// decisions returns by turn how many milliseconds after the caller's last sound its event was written.
func decisions(events []hotline.Event) map[int]int {
	after := map[int]int{}
	for _, e := range events {
		if t, ok := e.Body.(hotline.TurnTraced); ok {
			after[t.Turn] = max(t.EndpointMS, t.RecognisedMS)
		}
	}
	return after
}
