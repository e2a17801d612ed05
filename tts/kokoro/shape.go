package kokoro

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline/tts"
)

// How a clause is cut and levelled. Lengths are in samples at tts.SampleRate.
const (
	block    = tts.SampleRate / 100     // 10 ms, the grain of silence and loudness
	keepLead = 3 * block                // kept before the first sound: quiet initials (f, h, s) begin there
	keepTail = 6 * block                // kept after the last sound: finals fade
	fadeIn   = tts.SampleRate / 200     // 5 ms
	fadeOut  = 2 * tts.SampleRate / 200 // 10 ms
	silent   = 0.01                     // a block below this part of the loudest is silent (−40 dB)
	faint    = 0.1                      // a block below this part of the loudest does not count for loudness (−20 dB)
	loudness = 0.1                      // wanted RMS of the sounding blocks, −20 dBFS
	ceiling  = 0.7079                   // highest peak, −3 dBFS
	maxGain  = 4.0                      // +12 dB, so that noise is never blown up
)

// shaper makes clauses ready to play. Its output is valid until the next call.
type shaper struct {
	out []int16
}

// shape cuts the silence around a clause, brings it to the common loudness, softens its edges and
// appends a pause.
func (s *shaper) shape(pcm []float32, pause time.Duration) []int16 {
	s.out = s.out[:0]
	levels := blockLevels(pcm)
	from, to := sounding(pcm, levels)
	if from == to {
		return nil
	}
	pcm = pcm[from:to]
	gain := gainFor(pcm, levels)
	for i, x := range pcm {
		x *= gain * edge(i, len(pcm))
		s.out = append(s.out, int16(math.Round(float64(x)*math.MaxInt16)))
	}
	quiet := int(pause * tts.SampleRate / time.Second)
	return append(s.out, make([]int16, quiet)...)
}

// blockLevels returns the RMS of each whole block.
func blockLevels(pcm []float32) []float64 {
	levels := make([]float64, 0, len(pcm)/block)
	for ; len(pcm) >= block; pcm = pcm[block:] {
		sum := 0.0
		for _, x := range pcm[:block] {
			sum += float64(x) * float64(x)
		}
		levels = append(levels, math.Sqrt(sum/block))
	}
	return levels
}

// sounding returns the range of pcm between the first and the last block that is not silent,
// widened by keepLead and keepTail; an empty range when all is silent.
func sounding(pcm []float32, levels []float64) (from, to int) {
	floor := loudest(levels) * silent
	first, last := -1, -1
	for i, level := range levels {
		if level > floor {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return 0, 0
	}
	return max(0, first*block-keepLead), min(len(pcm), (last+1)*block+keepTail)
}

func loudest(levels []float64) float64 {
	top := 0.0
	for _, level := range levels {
		top = max(top, level)
	}
	return top
}

// gainFor returns the gain that brings the blocks that are not faint to the common loudness without peaks
// above the ceiling.
func gainFor(pcm []float32, levels []float64) float32 {
	floor, sum, n := loudest(levels)*faint, 0.0, 0
	for _, level := range levels {
		if level > floor {
			sum += level * level
			n++
		}
	}
	if n == 0 {
		return 1
	}
	peak := float32(0)
	for _, x := range pcm {
		peak = max(peak, x, -x)
	}
	gain := min(loudness/math.Sqrt(sum/float64(n)), ceiling/float64(peak), maxGain)
	return float32(gain)
}

// edge is the fade at sample i of n.
func edge(i, n int) float32 {
	f := min(float32(i+1)/fadeIn, float32(n-i)/fadeOut)
	return min(f, 1)
}

// pauseAfter returns how long to be silent after a clause that ends like text does.
func pauseAfter(text string, speed float64) time.Duration {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, " \n\t”’」』）)\"'"))
	pause := 30 * time.Millisecond
	switch last {
	case '。', '！', '？', '.', '!', '?', '…':
		pause = 250 * time.Millisecond
	case '；', ';', '：', ':', '—':
		pause = 200 * time.Millisecond
	case '，', ',':
		pause = 160 * time.Millisecond
	case '、':
		pause = 120 * time.Millisecond
	}
	return time.Duration(float64(pause) / speed)
}
