package speech

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
)

const (
	// maxUpload holds 30 s of stereo 32-bit sound at 48 kHz, in bytes.
	maxUpload = 12 << 20
	// maxField is the longest form field besides the file, in bytes.
	maxField = 16 << 10
	maxParts = 32
	// transfer is how long a request may take to arrive, and each piece of an answer to leave.
	transfer = 30 * time.Second
)

// transcription is a request in the words of the OpenAI API.
type transcription struct {
	model    string
	format   string
	request  asr.Request
	hasSound bool
}

func (s *Server) transcribe(w http.ResponseWriter, r *http.Request) {
	leave, err := s.enter(&s.recognising, s.cfg.MaxQueued)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer leave()
	t, err := s.readTranscription(w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	result, err := s.recognise(r, t.request)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answerTranscription(w, t, result)
}

func (s *Server) recognise(r *http.Request, request asr.Request) (asr.Result, error) {
	s.pulse.begin()
	defer s.pulse.end()
	return s.cfg.Recognizer.Recognize(r.Context(), request)
}

// readTranscription takes the form as it arrives: sound never touches a disk. Everything is read to
// its end, for only then does the server notice that a client goes away.
func (s *Server) readTranscription(w http.ResponseWriter, r *http.Request) (transcription, error) {
	const op = "read transcription request"
	var t transcription
	if s.cfg.Recognizer == nil {
		return t, hotline.Errorf(op, hotline.CodeModelMissing, "no recogniser is loaded")
	}
	controller := http.NewResponseController(w)
	_ = controller.SetReadDeadline(time.Now().Add(transfer)) // not every test's writer can
	defer func() { _ = controller.SetReadDeadline(time.Time{}) }()
	body := http.MaxBytesReader(w, r.Body, maxUpload)
	boundary, err := formBoundary(r.Header.Get("Content-Type"))
	if err != nil {
		return t, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	form := multipart.NewReader(body, boundary)
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && n == maxParts {
			err = fmt.Errorf("more than %d fields", maxParts)
		}
		if err != nil {
			return t, hotline.Errorf(op, readCode(err), "%w", err)
		}
		if err := t.take(part); err != nil {
			return t, err
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return t, hotline.Errorf(op, readCode(err), "%w", err)
	}
	if !t.hasSound {
		return t, hotline.Errorf(op, hotline.CodeInvalid, "the field file is missing")
	}
	return t, checkModel(t.model, s.cfg.ASRModel, anyASR)
}

func formBoundary(contentType string) (string, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return "", fmt.Errorf("content type %q, want multipart/form-data", contentType)
	}
	return params["boundary"], nil
}

// take reads one field. Those we do not know are read over.
func (t *transcription) take(part *multipart.Part) error {
	const op = "read transcription request"
	name := part.FormName()
	if name == "file" {
		pcm, err := readSound(part)
		t.request.PCM, t.hasSound = pcm, true
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(part, maxField+1))
	value := strings.TrimSpace(string(raw))
	switch {
	case err != nil:
		return hotline.Errorf(op, readCode(err), "%w", err)
	case len(raw) > maxField:
		return hotline.Errorf(op, hotline.CodeTooLarge, "field %q of more than %d bytes", name, maxField)
	case !utf8.ValidString(value):
		return hotline.Errorf(op, hotline.CodeInvalid, "field %q is not valid UTF-8", name)
	}
	switch name {
	case "model":
		t.model = value
	case "language":
		t.request.Language = value
	case "prompt":
		t.request.Hotwords = hotwords(value)
	case "speculative":
		t.request.Speculative = value == "true"
	case "response_format":
		switch value {
		case "json", "text", "verbose_json":
			t.format = value
		default:
			return hotline.Errorf(op, hotline.CodeUnsupported, "response_format %q: want json, text or verbose_json", value)
		}
	}
	return nil
}

// hotwords cuts a prompt where our client joined it, and where a person would.
func hotwords(prompt string) []string {
	return strings.FieldsFunc(prompt, func(r rune) bool { return strings.ContainsRune("、，,\n", r) })
}

// verbose is the OpenAI API's verbose_json with the whole result beside it.
type verbose struct {
	Task     string     `json:"task"`
	Language string     `json:"language"`
	Duration float64    `json:"duration"` // s
	Text     string     `json:"text"`
	Segments []segment  `json:"segments"`
	Hotline  asr.Result `json:"hotline"`
}

type segment struct {
	ID       int     `json:"id"`
	Start    float64 `json:"start"` // s
	End      float64 `json:"end"`   // s
	Text     string  `json:"text"`
	LogProb  float64 `json:"avg_logprob"`
	NoSpeech float64 `json:"no_speech_prob"`
}

func answerTranscription(w http.ResponseWriter, t transcription, result asr.Result) {
	switch t.format {
	case "text":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, result.Text+"\n")
	case "verbose_json":
		language := t.request.Language
		if language == "" {
			language = "zh"
		}
		seconds := float64(len(t.request.PCM)) / asr.SampleRate
		writeJSON(w, http.StatusOK, verbose{
			Task: "transcribe", Language: language, Duration: seconds, Text: result.Text, Hotline: result,
			Segments: []segment{{End: seconds, Text: result.Text, LogProb: result.LogProb, NoSpeech: result.NoSpeech}},
		})
	default:
		writeJSON(w, http.StatusOK, map[string]string{"text": result.Text})
	}
}
