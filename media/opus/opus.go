// Package opus carries speech in Opus (RFC 6716, in RTP by RFC 7587) through libopus: mono, with
// in-band error correction, so that a lost packet can be rebuilt from the one after it.
package opus

import (
	"errors"
	"fmt"

	libopus "gopkg.in/hraban/opus.v2"

	"github.com/hotline-cc/hotline/media"
)

// Rate is the PCM rate in Hz of wideband speech: what the recogniser hears and the upper band of
// a telephone. Encoders and decoders also take Opus's other rates.
const Rate = 16000

const (
	bitrate      = 32000 // bit/s: wideband speech including the error correction
	complexity   = 5     // 0…10; higher adds much CPU and little quality to speech
	expectedLoss = 10    // percent, what the error correction prepares for
	maxPayload   = 1275  // bytes of the longest frame (RFC 6716 section 3.2.1)

	// Conceal fades over these times. libopus fades too, but its tail outlasts 60 ms.
	fullLevelMS = 20
	silentMS    = 60
)

var errRecoverLength = errors.New("opus: the lost length is not a multiple of 2.5 ms within 120 ms")

// Encoder implements media.Encoder. Not safe for concurrent use.
type Encoder struct {
	enc    *libopus.Encoder
	packet [maxPayload]byte
}

// NewEncoder returns an encoder for PCM of a rate in Hz: 8000, 12000, 16000, 24000 or 48000.
func NewEncoder(rate int) (*Encoder, error) {
	enc, err := libopus.NewEncoder(rate, 1, libopus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus encoder at %d Hz: %w", rate, err)
	}
	err = errors.Join(enc.SetBitrate(bitrate), enc.SetComplexity(complexity), enc.SetDTX(false),
		enc.SetInBandFEC(true), enc.SetPacketLossPerc(expectedLoss))
	if err != nil {
		return nil, fmt.Errorf("set up opus encoder: %w", err)
	}
	return &Encoder{enc: enc}, nil
}

// Encode implements media.Encoder for 2.5, 5, 10, 20, 40 or 60 ms of PCM.
func (e *Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	n, err := e.enc.Encode(pcm, e.packet[:])
	if err != nil {
		return dst, fmt.Errorf("encode %d samples: %w", len(pcm), err)
	}
	return append(dst, e.packet[:n]...), nil
}

// Decoder implements media.Decoder. Not safe for concurrent use.
type Decoder struct {
	dec  *libopus.Decoder
	ms   int     // samples per millisecond
	pcm  []int16 // the longest packet, 120 ms
	lost int     // samples concealed since the last packet
}

// NewDecoder returns a decoder giving PCM of a rate in Hz: 8000, 12000, 16000, 24000 or 48000,
// whatever rate and channels the sender uses.
func NewDecoder(rate int) (*Decoder, error) {
	dec, err := libopus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder at %d Hz: %w", rate, err)
	}
	return &Decoder{dec: dec, ms: rate / 1000, pcm: make([]int16, rate*120/1000)}, nil
}

// Decode implements media.Decoder. An empty payload gives no samples; one that is not Opus gives
// an error and leaves the stream usable.
func (d *Decoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	if len(payload) == 0 {
		return dst, nil
	}
	n, err := d.dec.Decode(payload, d.pcm)
	if err != nil {
		return dst, fmt.Errorf("decode %d bytes: %w", len(payload), err)
	}
	d.lost = 0
	return append(dst, d.pcm[:n]...), nil
}

// Recover appends the n samples that were lost just before the packet next, rebuilt from the
// error correction inside it or, where it holds none, concealed. Decode next afterwards.
func (d *Decoder) Recover(dst []int16, next []byte, n int) ([]int16, error) {
	if n <= 0 || n > len(d.pcm) || n*2%(d.ms*5) != 0 {
		return dst, errRecoverLength
	}
	if err := d.dec.DecodeFEC(next, d.pcm[:n:n]); err != nil {
		return dst, fmt.Errorf("recover %d samples: %w", n, err)
	}
	return append(dst, d.pcm[:n]...), nil
}

// Conceal implements media.Decoder.
func (d *Decoder) Conceal(dst []int16, n int) []int16 {
	for n > 0 {
		piece := min(n, len(d.pcm))
		rounded := (piece*2 + d.ms*5 - 1) / (d.ms * 5) * (d.ms * 5) / 2 // libopus counts in 2.5 ms
		if err := d.dec.DecodePLC(d.pcm[:rounded:rounded]); err != nil {
			clear(d.pcm[:piece])
		}
		for _, s := range d.pcm[:piece] {
			dst = append(dst, d.fade(s))
		}
		n -= piece
	}
	return dst
}

// fade scales the next concealed sample by the time since the loss began.
func (d *Decoder) fade(s int16) int16 {
	end := silentMS * d.ms
	if d.lost >= end {
		return 0
	}
	level := min(end-d.lost, (silentMS-fullLevelMS)*d.ms)
	d.lost++
	return int16(int(s) * level / ((silentMS - fullLevelMS) * d.ms))
}

var (
	_ media.Encoder = (*Encoder)(nil)
	_ media.Decoder = (*Decoder)(nil)
)
