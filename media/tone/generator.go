package tone

import (
	"math"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// ramp is how long a tone takes to rise and to fall, so that it does not click.
const ramp = 4 * time.Millisecond

// Generator plays a Pattern. It implements media.Source. Not safe for concurrent use.
type Generator struct {
	rate    int
	turn    [2]float64 // cycles a sample
	phase   [2]float64 // cycles
	peak    float64    // of each frequency
	on, off int64      // samples; on 0 means without end
	ramp    int64
	left    int   // soundings to come, negative without end
	at      int64 // place within the sounding and its pause
}

// NewGenerator returns a player of p at a rate in Hz, 8000…48000.
func NewGenerator(p Pattern, rate int) (*Generator, error) {
	if err := p.validate(rate); err != nil {
		return nil, err
	}
	g := &Generator{
		rate: rate,
		turn: [2]float64{p.Hz[0] / float64(rate), p.Hz[1] / float64(rate)},
		peak: math.MaxInt16 * math.Pow(10, p.Level/20),
		on:   samples(p.On, rate), off: samples(p.Off, rate), ramp: samples(ramp, rate),
		left: p.Times,
	}
	if p.Times == 0 {
		g.left = -1
	}
	return g, nil
}

// Format implements media.Source.
func (g *Generator) Format() media.Format { return media.Mono(g.rate) }

// ReadFrame implements media.Source for pcm of any length. It reports false for frames wholly in
// a pause or after the end.
func (g *Generator) ReadFrame(pcm []int16) bool {
	sounds := false
	for i := range pcm {
		gain, ok := g.gain()
		if !ok {
			pcm[i] = 0
			continue
		}
		pcm[i] = g.sample(gain)
		sounds = true
	}
	return sounds
}

// Done reports whether the pattern has ended.
func (g *Generator) Done() bool { return g.left == 0 }

// gain moves one sample along the pattern and returns the envelope there, 0…1, or false for
// silence.
func (g *Generator) gain() (float64, bool) {
	if g.left == 0 {
		return 0, false
	}
	at := g.at
	g.at++
	if g.on == 0 {
		return g.rise(at), true
	}
	if g.at >= g.on+g.off {
		g.at = 0
		if g.left > 0 {
			g.left--
		}
	}
	if at >= g.on {
		return 0, false
	}
	return min(g.rise(at), g.rise(g.on-1-at)), true
}

// rise is the envelope at a distance in samples from an edge.
func (g *Generator) rise(distance int64) float64 {
	return min(float64(distance)/float64(g.ramp), 1)
}

func (g *Generator) sample(gain float64) int16 {
	sum := 0.0
	for i, turn := range g.turn {
		if turn == 0 {
			continue
		}
		sum += math.Sin(2 * math.Pi * g.phase[i])
		g.phase[i] += turn
		g.phase[i] -= math.Floor(g.phase[i])
	}
	// Two full-scale tones together do not fit.
	return int16(max(math.MinInt16, min(gain*g.peak*sum, math.MaxInt16)))
}

func samples(d time.Duration, rate int) int64 { return int64(d) * int64(rate) / int64(time.Second) }
