package speech

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/tts"
)

// maxSpeechBody is the longest request to speak, in bytes: MaxTextLength characters, escaped.
const maxSpeechBody = 64 << 10

// speechRequest is a request in the words of the OpenAI API. Background is our own: it marks
// prompts rendered ahead, which yield to everything a caller waits for.
type speechRequest struct {
	Model      string  `json:"model"`
	Input      string  `json:"input"`
	Voice      string  `json:"voice"`
	Format     string  `json:"response_format"`
	Speed      float64 `json:"speed"`
	Background bool    `json:"background"`
}

func (s *Server) speak(w http.ResponseWriter, r *http.Request) {
	q, err := s.readSpeech(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	limit := s.cfg.MaxQueued
	if q.Background {
		limit = (limit + 1) / 2
	}
	leave, err := s.enter(&s.speaking, limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer leave()
	out := &soundWriter{w: w, control: http.NewResponseController(w), wav: q.Format == "wav"}
	err = s.synthesise(r.Context(), q, out)
	_ = out.control.SetWriteDeadline(time.Time{}) // the connection may serve others
	switch {
	case err == nil && !out.begun:
		_ = out.begin() // nothing in the text is spoken
	case err == nil:
	case !out.begun:
		s.fail(w, r, err)
	default:
		if r.Context().Err() == nil {
			s.log.Error("speech broke off", "error", err)
		}
		panic(http.ErrAbortHandler) // so that the client does not take a part for the whole
	}
}

func (s *Server) synthesise(ctx context.Context, q speechRequest, out *soundWriter) error {
	state := &speaking{background: q.Background}
	ctx = context.WithValue(ctx, speakingKey{}, state)
	request := tts.Request{Text: q.Input, Voice: q.Voice, Speed: q.Speed, Background: q.Background}
	s.pulse.begin()
	defer s.pulse.end()
	return s.cfg.Synthesizer.Synthesize(ctx, request, func(pcm []int16) error {
		state.begun = true
		s.pulse.end() // a slow client is no hung engine
		defer s.pulse.begin()
		return out.write(pcm)
	})
}

func (s *Server) readSpeech(w http.ResponseWriter, r *http.Request) (speechRequest, error) {
	const op = "read speech request"
	var q speechRequest
	if s.cfg.Synthesizer == nil {
		return q, hotline.Errorf(op, hotline.CodeModelMissing, "no synthesiser is loaded")
	}
	controller := http.NewResponseController(w)
	_ = controller.SetReadDeadline(time.Now().Add(transfer)) // not every test's writer can
	defer func() { _ = controller.SetReadDeadline(time.Time{}) }()
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSpeechBody))
	if err != nil {
		return q, hotline.Errorf(op, readCode(err), "%w", err)
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return q, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	switch q.Format {
	case "pcm", "wav":
	case "":
		q.Format = "wav" // the OpenAI API's own default, mp3, we have not
	default:
		return q, hotline.Errorf(op, hotline.CodeUnsupported, "response_format %q: want pcm or wav", q.Format)
	}
	checked, err := tts.Request{Text: q.Input, Voice: q.Voice, Speed: q.Speed}.Validate()
	if err != nil {
		return q, err
	}
	q.Speed = checked.Speed
	return q, checkModel(q.Model, s.cfg.TTSModel, anyTTS)
}

// soundWriter sends pieces of sound as they come.
type soundWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	wav     bool
	begun   bool
	raw     []byte
}

// begin sends the header. The length of a WAV file is not known yet: its sizes are the largest
// there are, which players take for "to the end".
func (o *soundWriter) begin() error {
	o.begun = true
	if !o.wav {
		o.w.Header().Set("Content-Type", fmt.Sprintf("audio/pcm;rate=%d;channels=1", tts.SampleRate))
		o.w.WriteHeader(http.StatusOK)
		return nil
	}
	o.w.Header().Set("Content-Type", "audio/wav")
	_, err := o.w.Write(wav.AppendHeader(nil, media.Mono(tts.SampleRate), math.MaxUint32-(wav.HeaderSize-8)))
	return err
}

func (o *soundWriter) write(pcm []int16) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(transfer)) // not every test's writer can
	if !o.begun {
		if err := o.begin(); err != nil {
			return fmt.Errorf("send sound: %w", err)
		}
	}
	o.raw = o.raw[:0]
	for _, x := range pcm {
		o.raw = binary.LittleEndian.AppendUint16(o.raw, uint16(x))
	}
	if _, err := o.w.Write(o.raw); err != nil {
		return fmt.Errorf("send sound: %w", err)
	}
	if err := o.control.Flush(); err != nil {
		return fmt.Errorf("send sound: %w", err)
	}
	return nil
}
