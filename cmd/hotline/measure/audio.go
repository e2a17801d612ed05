package measure

import (
	"fmt"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/resample"
)

// Resample returns a whole clip at another rate in Hz, without the filter's delay.
func Resample(pcm []int16, from, to int) ([]int16, error) {
	if from == to {
		return pcm, nil
	}
	r, err := resample.New(from, to)
	if err != nil {
		return nil, err
	}
	out := r.Process(nil, pcm)
	out = r.Process(out, make([]int16, r.Delay()*from/to+1))
	out = out[min(r.Delay(), len(out)):]
	return out[:min(len(out), len(pcm)*to/from)], nil
}

// OverLine returns what a codec leaves of a clip, at a rate in Hz: converted, encoded, decoded and
// converted as on a call that loses nothing.
func OverLine(pcm []int16, from int, codec media.Codec, to int) ([]int16, error) {
	encoder, decoder, err := codecs.New(codec)
	if err != nil {
		return nil, err
	}
	narrow, err := Resample(pcm, from, codec.PCMRate)
	if err != nil {
		return nil, err
	}
	frame := media.Mono(codec.PCMRate).TickSamples()
	if rest := len(narrow) % frame; rest > 0 {
		narrow = append(narrow[:len(narrow):len(narrow)], make([]int16, frame-rest)...)
	}
	out := make([]int16, 0, len(narrow))
	var payload []byte
	for at := 0; at < len(narrow); at += frame {
		if payload, err = encoder.Encode(payload[:0], narrow[at:at+frame]); err != nil {
			return nil, fmt.Errorf("encode: %w", err)
		}
		if out, err = decoder.Decode(out, payload); err != nil {
			return nil, fmt.Errorf("decode: %w", err)
		}
	}
	return Resample(out, codec.PCMRate, to)
}
