// Package g722 is ITU-T G.722 at 64 kbit/s (mode 1): wideband telephone speech, 16 kHz PCM in one
// byte for two samples. A filter bank halves the band; each half is coded by adaptive
// differential PCM, 6 bits a sample for the lower and 2 bits for the upper.
//
// RTP counts this codec at 8000 Hz although its PCM rate is 16000 (RFC 3551 section 4.5.2).
package g722

import (
	"errors"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/plc"
)

// Rate is the PCM sampling rate in Hz.
const Rate = 16000

// maxPayload bounds a packet to 120 ms.
const maxPayload = Rate / 2 * 120 / 1000

var (
	errOdd     = errors.New("g722: the number of samples must be even")
	errTooLong = errors.New("g722: payload longer than 120 ms")
)

// Encoder implements media.Encoder. Not safe for concurrent use.
type Encoder struct {
	split     filterBank
	low, high band
}

// NewEncoder returns an encoder at the start of a stream.
func NewEncoder() *Encoder {
	return &Encoder{low: newLowBand(), high: newHighBand()}
}

// Encode implements media.Encoder for any even number of samples.
func (e *Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	if len(pcm)%2 != 0 {
		return dst, errOdd
	}
	for len(pcm) >= 2 {
		low, high := e.split.analyse(pcm[0], pcm[1])
		dst = append(dst, e.high.encodeHigh(high)<<6|e.low.encodeLow(low))
		pcm = pcm[2:]
	}
	return dst, nil
}

// Decoder implements media.Decoder with the concealment of package plc. Not safe for concurrent
// use.
type Decoder struct {
	join      filterBank
	low, high band
	conceal   *plc.Concealer
}

// NewDecoder returns a decoder at the start of a stream.
func NewDecoder() (*Decoder, error) {
	c, err := plc.New(Rate)
	if err != nil {
		return nil, err
	}
	return &Decoder{low: newLowBand(), high: newHighBand(), conceal: c}, nil
}

// Decode implements media.Decoder. Every byte is a valid code, so only a payload longer than
// 120 ms is refused.
func (d *Decoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	if len(payload) > maxPayload {
		return dst, errTooLong
	}
	start := len(dst)
	for _, code := range payload {
		first, second := d.join.synthesise(d.low.decodeLow(code&0x3f), d.high.decodeHigh(code>>6))
		dst = append(dst, first, second)
	}
	d.conceal.Received(dst[start:])
	return dst, nil
}

// Conceal implements media.Decoder. The state of the bands stays as the last packet left it.
func (d *Decoder) Conceal(dst []int16, n int) []int16 { return d.conceal.Conceal(dst, n) }

var (
	_ media.Encoder = (*Encoder)(nil)
	_ media.Decoder = (*Decoder)(nil)
)
