// Package phone is the two audio ends of a softphone on any leg: a Player says recorded clips, a
// Recorder keeps what comes back, and a Script holds a conversation with them and measures it.
//
// Every time is that of the tick in which a frame went to or came from the leg, so what is heard
// includes the delay of the leg's own jitter buffer.
package phone

import (
	"math"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/resample"
)

// DefaultLevel is the loudness from which sound counts as voice, in dB below full scale: above the
// noise of a digital line, below the quietest speech.
const DefaultLevel = -50.0

// windowsPerSecond is how often loudness is looked at: every 10 ms, half a tick.
const windowsPerSecond = 100

// energy returns the square of a level in dB below full scale.
func energy(level float64) float64 {
	return math.Pow(10, level/10) * (1 << 30)
}

// loudness returns the mean square of a piece of sound.
func loudness(pcm []int16) float64 {
	var sum int64
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	return float64(sum) / float64(max(len(pcm), 1))
}

// Voiced returns the part pcm[first:end] of a clip between its first and last voiced samples, to
// 10 ms. Voice is at most 30 dB below the loudest 10 ms of the clip and above DefaultLevel, for at
// least 30 ms: a room or a click is none. Without voice both are 0. rate is in Hz.
func Voiced(pcm []int16, rate int) (first, end int) {
	const run = 3
	window := rate / windowsPerSecond
	var loudest float64
	for at := 0; at+window <= len(pcm); at += window {
		loudest = max(loudest, loudness(pcm[at:at+window]))
	}
	threshold := max(loudest/1000, energy(DefaultLevel))
	length := 0
	for at := 0; at+window <= len(pcm); at += window {
		if loudness(pcm[at:at+window]) < threshold {
			length = 0
			continue
		}
		if length++; length < run {
			continue
		}
		if end == 0 {
			first = at - (run-1)*window
		}
		end = at + window
	}
	return first, end
}

// convert returns a whole clip at another rate, without the filter's delay.
func convert(pcm []int16, from, to int) ([]int16, error) {
	r, err := resample.New(from, to)
	if err != nil {
		return nil, err
	}
	delay := r.Delay()
	out := make([]int16, 0, len(pcm)*to/from+2*delay+2)
	out = r.Process(out, pcm)
	out = r.Process(out, make([]int16, delay*from/to+1))
	length := (len(pcm)*to + from - 1) / from
	return out[delay : delay+length], nil
}

// ticks returns how many whole ticks a time holds.
func ticks(d time.Duration) int { return int(d / media.Tick) }
