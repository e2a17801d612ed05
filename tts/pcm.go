package tts

import (
	"mime"
	"strconv"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/resample"
)

// pcmDecoder turns a stream of little-endian 16-bit mono PCM into samples at SampleRate.
type pcmDecoder struct {
	resample *resample.Resampler // nil when the rate is ours
	rest     int                 // input samples of silence that push the resampler's last sound out
	odd      []byte              // first half of a sample that was cut
	in, out  []int16
}

// newPCMDecoder reads the rate from a Content-Type such as "audio/pcm;rate=16000"; without one it is
// SampleRate, as the OpenAI API has it.
func newPCMDecoder(contentType string) (*pcmDecoder, error) {
	const op = "read synthesised sound"
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil && contentType != "":
		return nil, hotline.Errorf(op, hotline.CodeUnsupported, "content type %q: %w", contentType, err)
	case kind == "", kind == "audio/pcm", kind == "audio/x-pcm", kind == "audio/raw", kind == "application/octet-stream":
	default:
		return nil, hotline.Errorf(op, hotline.CodeUnsupported, "the engine sent %s, not raw PCM", kind)
	}
	if channels := params["channels"]; channels != "" && channels != "1" {
		return nil, hotline.Errorf(op, hotline.CodeUnsupported, "the engine sent %s channels, not one", channels)
	}
	d := &pcmDecoder{}
	if text := params["rate"]; text != "" && text != strconv.Itoa(SampleRate) {
		rate, err := strconv.Atoi(text)
		if err != nil {
			return nil, hotline.Errorf(op, hotline.CodeUnsupported, "rate %q: %w", text, err)
		}
		if d.resample, err = resample.New(rate, SampleRate); err != nil {
			return nil, hotline.Errorf(op, hotline.CodeUnsupported, "%w", err)
		}
		d.rest = (d.resample.Delay()*rate + SampleRate - 1) / SampleRate
	}
	return d, nil
}

// next returns the samples that are complete with these bytes, and the resampler's rest at the end
// of the stream; they are valid until the next call.
func (d *pcmDecoder) next(raw []byte, end bool) []int16 {
	d.in = d.in[:0]
	if len(d.odd) == 1 && len(raw) > 0 {
		d.in = append(d.in, int16(uint16(d.odd[0])|uint16(raw[0])<<8))
		d.odd, raw = d.odd[:0], raw[1:]
	}
	for ; len(raw) >= 2; raw = raw[2:] {
		d.in = append(d.in, int16(uint16(raw[0])|uint16(raw[1])<<8))
	}
	d.odd = append(d.odd, raw...)
	if d.resample == nil {
		return d.in
	}
	if end {
		d.in = append(d.in, make([]int16, d.rest)...)
	}
	d.out = d.resample.Process(d.out[:0], d.in)
	return d.out
}
