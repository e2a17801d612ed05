// Package tone makes the tones of a telephone line and measures them: call progress tones with
// their cadence, beeps, dual tones, and the power of one frequency in a block.
package tone

import (
	"fmt"
	"time"
)

// networkLevel is -10 dBm0, what exchanges send (ITU-T E.180 section 7), on the scale of Pattern.
const networkLevel = -13

// Pattern is a tone and its rhythm. It lasts On, pauses Off, and repeats.
type Pattern struct {
	// Hz are one or two frequencies sounding together; the second may be 0.
	Hz [2]float64
	// Level is the level of each frequency in dB below a full-scale sine, -60…0.
	Level float64
	// On is the length of the tone; 0 means it never ends.
	On, Off time.Duration
	// Times is how often the tone sounds; 0 means without end.
	Times int
}

// RingBack is what a caller hears while a phone rings in China (GF 002): 450 Hz, 1 s in 5.
func RingBack() Pattern {
	return Pattern{Hz: [2]float64{450}, Level: networkLevel, On: time.Second, Off: 4 * time.Second}
}

// Busy is the Chinese busy tone: 450 Hz, 0.35 s on and off.
func Busy() Pattern {
	return Pattern{Hz: [2]float64{450}, Level: networkLevel, On: 350 * time.Millisecond, Off: 350 * time.Millisecond}
}

// Beep is one short high tone, as before a recording.
func Beep() Pattern {
	return Pattern{Hz: [2]float64{1000}, Level: networkLevel, On: 200 * time.Millisecond, Times: 1}
}

// Dual is two tones that sound together once, as a telephone key does.
func Dual(low, high float64, length time.Duration) Pattern {
	return Pattern{Hz: [2]float64{low, high}, Level: networkLevel, On: length, Times: 1}
}

// validate checks the pattern against a rate in Hz.
func (p Pattern) validate(rate int) error {
	if rate < 8000 || rate > 48000 {
		return fmt.Errorf("tone: rate %d Hz is not within 8000…48000", rate)
	}
	if p.Hz[0] <= 0 {
		return fmt.Errorf("tone: first frequency %v Hz is not above 0", p.Hz[0])
	}
	for _, hz := range p.Hz {
		if !(hz >= 0 && hz < float64(rate)/2) {
			return fmt.Errorf("tone: frequency %v Hz is not within 0…%d", hz, rate/2)
		}
	}
	if !(p.Level >= -60 && p.Level <= 0) {
		return fmt.Errorf("tone: Level %v dB is not within -60…0", p.Level)
	}
	if p.On < 0 || p.Off < 0 || p.Times < 0 {
		return fmt.Errorf("tone: On %v, Off %v and Times %d must not be negative", p.On, p.Off, p.Times)
	}
	return nil
}
