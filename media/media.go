// Package media moves sound: the types every stage of the audio path shares. Audio is pushed
// frame by frame through small sinks; nothing in the frame path allocates or blocks.
//
// The beat of the gateway is one Tick of 20 ms. On each tick a leg hands one decoded frame of the
// caller to its Sink and asks its Source for the next frame to send, so that both directions of
// a call share one timeline (a stereo recording never drifts). Codecs whose packets are longer or
// shorter than a tick are re-framed at the network edge, in media/rtp.
package media

import (
	"fmt"
	"time"
)

// Tick is the length of every frame inside the gateway.
const Tick = 20 * time.Millisecond

// Format describes PCM: the sampling rate in Hz (8000…48000) and interleaved channels (1 or 2, more
// only in files).
type Format struct {
	Rate     int
	Channels int
}

// Mono returns the one-channel format of a rate in Hz.
func Mono(rate int) Format { return Format{Rate: rate, Channels: 1} }

func (f Format) String() string { return fmt.Sprintf("%d Hz × %d", f.Rate, f.Channels) }

// TickSamples returns how many int16 values one Tick holds.
func (f Format) TickSamples() int { return f.Rate / 50 * f.Channels }

// Duration returns how long n int16 values last.
func (f Format) Duration(n int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(f.Rate*f.Channels)
}

// Frame is a piece of sound. PCM is valid until the call that carries the frame returns: copy it
// to keep it. At is the stream time of its first sample, counted from the start of the leg.
type Frame struct {
	PCM []int16
	At  time.Duration
	// Concealed marks a frame that was made up because its packet was lost or late.
	Concealed bool
}

// Sink takes frames of one format. WriteFrame never blocks; an error ends the stream.
type Sink interface {
	Format() Format
	WriteFrame(Frame) error
}

// Source gives frames to a leg that sends. ReadFrame fills pcm (one Tick of the source's format)
// and reports whether it holds sound; false means silence and pcm is left zeroed. It never blocks.
type Source interface {
	Format() Format
	ReadFrame(pcm []int16) bool
}

// Codec names a way to carry sound in RTP. PCMRate and RTPClock differ for G.722 (16000 and 8000,
// RFC 3551 §4.5.2) and may for Opus (any PCM rate, always 48000, RFC 7587 §4.1).
type Codec struct {
	Name        string // encoding name as in SDP: PCMA, PCMU, G722, opus
	PayloadType uint8
	PCMRate     int // Hz
	RTPClock    int // Hz
	Channels    int // as announced in rtpmap; opus is always 2 there (RFC 7587 §7)
}

func (c Codec) String() string { return fmt.Sprintf("%s/%d", c.Name, c.RTPClock) }

// Encoder turns one Tick of mono PCM at the codec's PCM rate into a payload appended to dst.
type Encoder interface {
	Encode(dst []byte, pcm []int16) ([]byte, error)
}

// Decoder turns one payload into mono PCM at the codec's PCM rate, appended to dst. Conceal
// appends n samples that stand in for a lost payload, fading to silence within 60 ms of loss
// (ITU-T G.711 Appendix I).
type Decoder interface {
	Decode(dst []int16, payload []byte) ([]int16, error)
	Conceal(dst []int16, n int) []int16
}

// Clock tells the time and wakes; tests inject their own.
type Clock interface {
	Now() time.Time
	// After is like time.After.
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now returns the current time with its monotonic reading.
func (SystemClock) Now() time.Time { return time.Now() }

// After waits for d and then sends the time.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
