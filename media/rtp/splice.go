package rtp

import "math"

// Sound is shortened and stretched by a period of the speaker, so that the waves meet where they are joined: by one
// of shortest to longest, in ms, which holds voices of 67 Hz and more.
const (
	shortestSplice = 5
	longestSplice  = 15
)

// drop shortens x, two ticks long, by the lag it returns: its first tick is the result, and the rest of it, without
// the lag, is left to be played.
func drop(x []int16, rate int) (lag int) {
	n := len(x) / 2
	lag = bestLag(rate, func(lag int) float64 { return alike(x[:n], x[lag:][:n]) })
	blend(x[:n], x[:n], x[lag:][:n])
	return lag
}

// double stretches x, a tick long, by the lag it returns and puts the first tick of the result into dst. The last lag
// samples of x are left to be played.
func double(dst, x []int16, rate int) (lag int) {
	n := len(x)
	lag = bestLag(rate, func(lag int) float64 { return alike(x[lag:], x[:n-lag]) })
	copy(dst[:lag], x)
	blend(dst[lag:], x[lag:], x[:n-lag])
	return lag
}

// bestLag returns the lag of the highest score, in samples; of equal ones the longest.
func bestLag(rate int, score func(lag int) float64) int {
	best, most := 0, math.Inf(-1)
	for lag := longestSplice * rate / 1000; lag >= shortestSplice*rate/1000; lag-- {
		if s := score(lag); s > most {
			best, most = lag, s
		}
	}
	return best
}

// alike is the normalised correlation of two stretches of one length.
func alike(a, b []int16) float64 {
	var cross, energyA, energyB float64
	for i, v := range a {
		cross += float64(v) * float64(b[i])
		energyA += float64(v) * float64(v)
		energyB += float64(b[i]) * float64(b[i])
	}
	return cross / math.Sqrt(energyA*energyB+1)
}

// blend goes from one sound to another. dst may be either.
func blend(dst, from, to []int16) {
	n := len(dst)
	for i := range dst {
		dst[i] = int16((int(from[i])*(n-i) + int(to[i])*i) / n)
	}
}
