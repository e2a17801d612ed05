package main

import (
	"math"

	"github.com/hotline-cc/hotline/media"
)

// Tones of the two sides, in Hz.
const (
	agentTone  = 1000
	callerTone = 1400
)

// source is somebody on a leg who says what a function makes up.
type source struct {
	format media.Format
	says   func(pcm []int16) // the next tick
}

// callerVoice is a caller who hums.
func callerVoice(f media.Format) source { return source{f, hum(callerTone, f.Rate)} }

// Format implements media.Source.
func (s source) Format() media.Format { return s.format }

// ReadFrame implements media.Source.
func (s source) ReadFrame(pcm []int16) bool {
	s.says(pcm)
	return true
}

// hum returns a tone that goes on for ever.
func hum(hertz float64, rate int) func(pcm []int16) {
	n := 0
	return func(pcm []int16) {
		for i := range pcm {
			pcm[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(n)/float64(rate)))
			n++
		}
	}
}
