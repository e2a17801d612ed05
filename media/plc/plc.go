// Package plc hides lost packets of codecs that have no concealment of their own. It repeats the
// last pitch periods of the speaker, in the manner of ITU-T G.711 Appendix I, but without that
// method's look-ahead: it adds no delay to a stream that loses nothing.
package plc

import (
	"fmt"
	"math"
)

// Times of G.711 Appendix I.
const (
	fullLevelMS = 10 // the substitute keeps its level this long
	silentMS    = 60 // and has faded to nothing by then
	stepMS      = 10 // each further step repeats one more period, so that it buzzes less
	maxPeriods  = 3
	joinStepMS  = 4 // every further 10 ms of loss makes the return this much longer
	maxJoinMS   = 10
)

// Concealer watches one decoded stream and fills its gaps. Not safe for concurrent use.
type Concealer struct {
	ms               int // samples per millisecond
	minLag, maxLag   int
	window, decimate int
	// heard is the stream as played so far, substitutes included, newest sample last.
	heard []int16
	// base is heard as it was when the loss began; the substitute is cut from it.
	base   []int16
	period int
	lost   int // samples substituted since the loss began, 0 when the stream is whole
}

// New returns a Concealer for mono PCM of a rate in Hz, a multiple of 8000 up to 48000.
func New(rate int) (*Concealer, error) {
	if rate < 8000 || rate > 48000 || rate%8000 != 0 {
		return nil, fmt.Errorf("plc: rate %d Hz is not a multiple of 8000 within 8000…48000", rate)
	}
	c := &Concealer{ms: rate / 1000, decimate: rate / 4000}
	c.minLag, c.maxLag, c.window = 5*c.ms, 15*c.ms, 20*c.ms // pitch of 66…200 Hz
	length := maxPeriods*c.maxLag + c.maxLag/4
	c.heard, c.base = make([]int16, length), make([]int16, length)
	return c, nil
}

// Received takes the next decoded samples. After a loss it blends their beginning, in place, with
// the end of the substitute.
func (c *Concealer) Received(pcm []int16) {
	if c.lost > 0 {
		n := c.period/4 + joinStepMS*c.ms*((c.lost-1)/(stepMS*c.ms))
		n = min(n, maxJoinMS*c.ms, len(pcm))
		for i := range n {
			w := float32(i+1) / float32(n+1)
			pcm[i] = int16(c.substitute(c.lost+i)*(1-w) + float32(pcm[i])*w)
		}
		c.lost = 0
	}
	c.remember(pcm)
}

// Conceal appends n samples standing in for a loss and returns dst. It allocates only when dst
// must grow.
func (c *Concealer) Conceal(dst []int16, n int) []int16 {
	if n <= 0 {
		return dst
	}
	if c.lost == 0 {
		copy(c.base, c.heard)
		c.period = c.pitch()
	}
	start := len(dst)
	for i := range n {
		dst = append(dst, int16(c.substitute(c.lost+i)))
	}
	// Past the fade everything is zero; the cap keeps a leg that never returns from overflowing.
	c.lost = min(c.lost+n, silentMS*c.ms)
	c.remember(dst[start:])
	return dst
}

// substitute is the stand-in for sample t of the loss.
func (c *Concealer) substitute(t int) float32 {
	step := stepMS * c.ms
	level := 1 - float32(t-fullLevelMS*c.ms)/float32((silentMS-fullLevelMS)*c.ms)
	if level <= 0 {
		return 0
	}
	periods := min(1+t/step, maxPeriods)
	v := c.cycle(t, periods)
	quarter := c.period / 4
	switch into := t % step; {
	case t < quarter:
		// The cycle continues its own first sample's neighbour, not the last sample heard.
		end := len(c.base) - 1
		jump := float32(c.base[end]) - float32(c.base[end-c.period])
		v += jump * float32(quarter-t) / float32(quarter)
	case t >= step && t/step < maxPeriods && into < quarter:
		w := float32(into) / float32(quarter)
		v = c.cycle(t, periods-1)*(1-w) + v*w
	}
	v *= min(level, 1)
	return max(math.MinInt16, min(v, math.MaxInt16))
}

// cycle is sample t of the last periods of base repeated without end. Its last quarter period
// bends towards what came before the first sample, so that the repetition has no seam.
func (c *Concealer) cycle(t, periods int) float32 {
	length, quarter := periods*c.period, c.period/4
	first, i := len(c.base)-length, t%length
	v := float32(c.base[first+i])
	if left := length - i; left <= quarter {
		w := float32(quarter-left+1) / float32(quarter+1)
		v = v*(1-w) + float32(c.base[first-left])*w
	}
	return v
}

// pitch returns the lag at which the newest samples resemble older ones most: roughly on
// decimated samples first, then exactly around the best of those.
func (c *Concealer) pitch() int {
	rough := c.bestLag(c.minLag, c.maxLag, c.decimate)
	return c.bestLag(max(rough-c.decimate+1, c.minLag), min(rough+c.decimate-1, c.maxLag), 1)
}

// bestLag returns the lag in [from, to], in steps of step, of the highest normalised correlation.
func (c *Concealer) bestLag(from, to, step int) int {
	recent := c.base[len(c.base)-c.window:]
	best, bestScore := from, float32(math.Inf(-1))
	for lag := from; lag <= to; lag += step {
		older := c.base[len(c.base)-c.window-lag:][:len(recent)]
		var cross, energy float32
		for i := 0; i < len(recent); i += step {
			cross += float32(recent[i]) * float32(older[i])
			energy += float32(older[i]) * float32(older[i])
		}
		if score := cross / float32(math.Sqrt(float64(energy)+1)); score > bestScore {
			best, bestScore = lag, score
		}
	}
	return best
}

// remember appends pcm to heard.
func (c *Concealer) remember(pcm []int16) {
	if over := len(pcm) - len(c.heard); over > 0 {
		pcm = pcm[over:]
	}
	copy(c.heard, c.heard[len(pcm):])
	copy(c.heard[len(c.heard)-len(pcm):], pcm)
}
