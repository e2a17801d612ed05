package kokoro

import (
	"math"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/tts"
)

// beep is a second of silence, a second of tone and a second of silence.
func beep(amplitude float64) []float32 {
	pcm := make([]float32, 3*tts.SampleRate)
	for i := tts.SampleRate; i < 2*tts.SampleRate; i++ {
		pcm[i] = float32(amplitude * math.Sin(2*math.Pi*300*float64(i)/tts.SampleRate))
	}
	return pcm
}

func TestSilenceAroundAClauseIsCut(t *testing.T) {
	var s shaper
	got := time.Duration(len(s.shape(beep(0.3), 0))) * time.Second / tts.SampleRate
	if want := 1090 * time.Millisecond; got != want {
		t.Errorf("a second of sound takes %v, want %v", got, want)
	}
	with := time.Duration(len(s.shape(beep(0.3), 200*time.Millisecond))) * time.Second / tts.SampleRate
	if with-got != 200*time.Millisecond {
		t.Errorf("the pause takes %v", with-got)
	}
	if out := s.shape(make([]float32, tts.SampleRate), time.Second); len(out) != 0 {
		t.Errorf("silence became %d samples", len(out))
	}
}

func TestLoudAndQuietClausesComeOutAlike(t *testing.T) {
	for _, amplitude := range []float64{0.05, 0.2, 0.9} {
		var s shaper
		out := s.shape(beep(amplitude), 0)
		sum, n := 0.0, 0
		for _, x := range out[len(out)/4 : len(out)*3/4] {
			sum += float64(x) * float64(x)
			n++
		}
		if db := 10 * math.Log10(sum/float64(n)/(1<<30)); math.Abs(db+20) > 0.3 {
			t.Errorf("a tone of %.2f comes out at %.1f dBFS, want -20", amplitude, db)
		}
	}
}

func TestPeaksStayBelowTheCeiling(t *testing.T) {
	pcm := beep(0.02)
	for i := tts.SampleRate; i < 2*tts.SampleRate; i += 4800 {
		pcm[i] = 0.9
	}
	var s shaper
	for _, x := range s.shape(pcm, 0) {
		if level := math.Abs(float64(x)) / math.MaxInt16; level > ceiling+0.001 {
			t.Fatalf("peak of %.3f", level)
		}
	}
}

func TestEdgesFade(t *testing.T) {
	var s shaper
	pcm := beep(0.3)
	out := s.shape(pcm[tts.SampleRate:2*tts.SampleRate], 0) // tone from the first to the last sample
	if first, last := out[0], out[len(out)-1]; first > 200 || first < -200 || last > 200 || last < -200 {
		t.Errorf("the clause begins at %d and ends at %d", first, last)
	}
}

func TestPausesFollowThePunctuation(t *testing.T) {
	order := []string{"您好", "您好、", "您好，", "您好；", "您好。"}
	for i := 1; i < len(order); i++ {
		if pauseAfter(order[i-1], 1) >= pauseAfter(order[i], 1) {
			t.Errorf("%q is not followed by a longer pause than %q", order[i], order[i-1])
		}
	}
	if got, want := pauseAfter("他说：“好。”", 1), pauseAfter("好。", 1); got != want {
		t.Errorf("behind a closing quote the pause is %v, want %v", got, want)
	}
	if got, want := pauseAfter("好。", 2), pauseAfter("好。", 1)/2; got != want {
		t.Errorf("at double speed the pause is %v, want %v", got, want)
	}
}
