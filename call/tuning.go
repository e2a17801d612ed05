package call

import (
	"fmt"
	"time"
)

// Tuning holds the times and thresholds of turn-taking. The zero value of a field means its
// default. All times are stream time: they count the audio that arrived, not the clock.
type Tuning struct {
	// VoiceOn and VoiceOff are voice probabilities (0…1) that begin and keep speech alive.
	VoiceOn, VoiceOff float64
	// Onset is how much unbroken voice begins an utterance while we are silent, and BargeOnset
	// while we speak. Both are rounded up to windows of 32 ms.
	Onset, BargeOnset time.Duration
	// PreRoll is how much audio before the onset belongs to the utterance: unvoiced Mandarin
	// initials are no voice to the detector.
	PreRoll time.Duration

	// SpeculateAfter is the silence after which recognition starts, before it is known whether
	// the caller has finished.
	SpeculateAfter time.Duration
	// EndShort, EndNormal and EndLong are the silences that end a turn, by dialog.Patience.
	EndShort, EndNormal, EndLong time.Duration
	// MaxUtterance is the longest turn; whisper hears at most 30 s at a time.
	MaxUtterance time.Duration

	// DecideAfter is how long a possible interruption may go on before a first look at its words,
	// and YieldAfter how long before we fall silent whatever the words are.
	DecideAfter, YieldAfter time.Duration
	// TailTurn is the end of our own speech in which a back-channel counts as an answer.
	TailTurn time.Duration
	// JoinWithin is the pause after which more speech still belongs to the turn before it, provided
	// that no more than JoinHeard of our answer was heard.
	JoinWithin, JoinHeard time.Duration

	// FillerAfter is the wait for a recognition after which something is said, and GiveUpAfter the
	// wait after which the turn counts as not heard. Both count from the last voiced sample.
	FillerAfter, GiveUpAfter time.Duration
	// FirstAudio is how long a prompt may take to its first sound before the fall-back is played, or
	// a filler where no fall-back says the same; then the prompt is waited for until GiveUpAfter.
	FirstAudio time.Duration
}

// withDefaults fills what is zero and checks the rest.
func (t Tuning) withDefaults() (Tuning, error) {
	ratio := func(v *float64, name string, d float64) error {
		if *v == 0 {
			*v = d
		}
		if *v < 0 || *v > 1 {
			return fmt.Errorf("call tuning: %s is %v, want 0…1", name, *v)
		}
		return nil
	}
	span := func(v *time.Duration, name string, d time.Duration) error {
		if *v == 0 {
			*v = d
		}
		if *v < 0 || *v > 30*time.Second {
			return fmt.Errorf("call tuning: %s is %v, want 0…30s", name, *v)
		}
		return nil
	}
	for _, err := range []error{
		ratio(&t.VoiceOn, "VoiceOn", 0.5),
		ratio(&t.VoiceOff, "VoiceOff", 0.35),
		span(&t.Onset, "Onset", 64*time.Millisecond),
		span(&t.BargeOnset, "BargeOnset", 96*time.Millisecond),
		span(&t.PreRoll, "PreRoll", 300*time.Millisecond),
		span(&t.SpeculateAfter, "SpeculateAfter", 160*time.Millisecond),
		span(&t.EndShort, "EndShort", 380*time.Millisecond),
		span(&t.EndNormal, "EndNormal", 600*time.Millisecond),
		span(&t.EndLong, "EndLong", 1200*time.Millisecond),
		span(&t.MaxUtterance, "MaxUtterance", 28*time.Second),
		span(&t.DecideAfter, "DecideAfter", 500*time.Millisecond),
		span(&t.YieldAfter, "YieldAfter", 1200*time.Millisecond),
		span(&t.TailTurn, "TailTurn", 700*time.Millisecond),
		span(&t.JoinWithin, "JoinWithin", 1500*time.Millisecond),
		span(&t.JoinHeard, "JoinHeard", 900*time.Millisecond),
		span(&t.FillerAfter, "FillerAfter", 1300*time.Millisecond),
		span(&t.GiveUpAfter, "GiveUpAfter", 6*time.Second),
		span(&t.FirstAudio, "FirstAudio", 1500*time.Millisecond),
	} {
		if err != nil {
			return t, err
		}
	}
	return t, nil
}
