package rtp

import (
	"strings"
	"time"
)

// fragility is how a codec takes packet loss: the impairment it has of itself and its robustness,
// as in ITU-T G.113 appendix I.
type fragility struct{ impairment, robustness float64 }

// fragilityOf takes G.711 with concealment (Ie 0, Bpl 25.1) for every codec but Opus. Opus and
// G.722 are not in the narrow-band tables: G.722 is read as G.711, whose bit rate it shares, and
// Opus, which rebuilds single losses, as a little more robust.
func fragilityOf(codec string) fragility {
	if strings.EqualFold(codec, "opus") {
		return fragility{0, 30}
	}
	return fragility{0, 25.1}
}

// MOS estimates how a listener would rate the line, 1…4.5, by the E-model (ITU-T G.107) with its
// default values, simplified for packet networks as by Cole and Rosenbluth (2001). lost is the
// part of packets that could not be played, 0…1; delay is one way, from mouth to ear.
func MOS(codec string, lost float64, delay time.Duration) float64 {
	const (
		best       = 93.2  // R of a line without impairments
		noticeable = 177.3 // ms beyond which talkers get in each other's way
	)
	ms := max(delay.Seconds()*1000, 0)
	tardiness := 0.024 * ms
	if ms > noticeable {
		tardiness += 0.11 * (ms - noticeable)
	}
	f := fragilityOf(codec)
	percent := max(0, min(lost, 1)) * 100
	damage := f.impairment + (95-f.impairment)*percent/(percent+f.robustness)
	r := best - tardiness - damage
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
