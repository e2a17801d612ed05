package speech

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/wav"
)

// readSound reads a WAV file of any kind, of at most asr.MaxAudio, as PCM at asr.SampleRate.
func readSound(r io.Reader) ([]int16, error) {
	const op = "read sound"
	file, err := wav.NewReader(r)
	if err != nil {
		return nil, hotline.Errorf(op, readCode(err), "%w", err)
	}
	format := file.Format()
	limit := format.Rate * int(asr.MaxAudio/time.Second)
	var pcm []int16
	var block [4096]int16
	for {
		n, err := file.Read(block[:])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, hotline.Errorf(op, readCode(err), "%w", err)
		}
		if len(pcm)+n/format.Channels > limit {
			return nil, hotline.Errorf(op, hotline.CodeTooLarge, "more than %v of sound", asr.MaxAudio)
		}
		pcm = wav.AppendMono(pcm, block[:n], format.Channels)
	}
	return atRate(pcm, format.Rate)
}

// readCode tells a body over its limit and a broken connection from a file that is none.
func readCode(err error) hotline.Code {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return hotline.CodeTooLarge
	}
	return hotline.CodeInvalid
}

// atRate converts whole sounds to asr.SampleRate and takes the filter's delay out.
func atRate(pcm []int16, rate int) ([]int16, error) {
	if rate == asr.SampleRate {
		return pcm, nil
	}
	r, err := resample.New(rate, asr.SampleRate)
	if err != nil {
		return nil, hotline.Errorf("read sound", hotline.CodeUnsupported, "%w", err)
	}
	length := (len(pcm)*asr.SampleRate + rate - 1) / rate
	delay := r.Delay()
	out := r.Process(make([]int16, 0, length+delay+1), pcm)
	out = r.Process(out, make([]int16, (delay*rate+asr.SampleRate-1)/asr.SampleRate))
	return out[delay : delay+length], nil
}
