package tones

import (
	"testing"
	"time"
)

// TestWhatIsDoneToSoundIsFound mixes two voices, of which the first is treated badly.
func TestWhatIsDoneToSoundIsFound(t *testing.T) {
	const rate, late = 8000, 70 * time.Millisecond
	voices := []Voice{{437, 671}, {953, 1217}}
	for name, tc := range map[string]struct {
		spoil  func(pcm []int16) []int16
		clicks int
		later  time.Duration // the second voice at the end
	}{
		"nothing":     {func(pcm []int16) []int16 { return pcm }, 0, 0},
		"a tick lost": {func(pcm []int16) []int16 { return append(pcm[:22000:22000], pcm[22160:]...) }, 1, -20 * time.Millisecond},
		"a tick silent": {func(pcm []int16) []int16 {
			clear(pcm[22000:22160])
			return pcm
		}, 1, 0},
		"one sample": {func(pcm []int16) []int16 { pcm[22000] = 30000; return pcm }, 1, 0},
		"twice":      {func(pcm []int16) []int16 { pcm[22000] = 30000; clear(pcm[30400:30500]); return pcm }, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pcm := make([]int16, 8*rate)
			said := make([][]Moment, len(voices))
			began := time.Now()
			for v, voice := range voices {
				m, one := NewMouth(voice, rate), make([]int16, len(pcm))
				m.Fill(one)
				for i := range pcm {
					pcm[i] += one[i]
				}
				for k, turn := range m.Turns() { // all was said at once
					said[v] = append(said[v], Moment{began.Add(time.Duration(k) * Turn), turn.High})
				}
			}
			s := Sound{Rate: rate, PCM: tc.spoil(pcm), Limit: -18, At: func(n int) time.Time {
				return began.Add(late + time.Duration(n)*time.Second/rate)
			}}
			heard := s.Listen(voices...)
			if len(heard.Clicks) != tc.clicks {
				t.Errorf("%d clicks, want %d: %+v", len(heard.Clicks), tc.clicks, heard.Clicks)
			}
			delays := Delays(said[1], heard.Turns[1])
			if len(delays) < 14 {
				t.Fatalf("%d turns of 15 heard", len(delays))
			}
			for i, want := range map[int]time.Duration{0: late, len(delays) - 1: late + tc.later} {
				if off := delays[i].Delay - want; off.Abs() > time.Millisecond {
					t.Errorf("turn %d is heard %v late, want %v", i, delays[i].Delay, want)
				}
			}
		})
	}
}
