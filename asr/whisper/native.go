package whisper

/*
#cgo CFLAGS: -O2 -I${SRCDIR}/../../.native/whisper/include
#cgo LDFLAGS: -L${SRCDIR}/../../.native/whisper/lib -lwhisper -lggml -lggml-cpu -lggml-base -lstdc++ -lm -lpthread -ldl
#include <stdlib.h>
#include "native.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// model is the weights of whisper, shared by all states.
type model struct{ ctx *C.struct_whisper_context }

func loadModel(path string) (model, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	ctx := C.hotline_open(name)
	if ctx == nil {
		return model{}, errors.New("not a whisper model in ggml format")
	}
	return model{ctx}, nil
}

func (m model) free() { C.whisper_free(m.ctx) }

// context returns how many encoder positions of 20 ms the model hears at most.
func (m model) context() int { return int(C.whisper_n_audio_ctx(m.ctx)) }

func (m model) multilingual() bool { return C.whisper_is_multilingual(m.ctx) != 0 }

// knows tells whether the model has a language, an ISO 639-1 code or "auto".
func (m model) knows(language string) bool {
	name := C.CString(language)
	defer C.free(unsafe.Pointer(name))
	return language == "auto" || C.whisper_lang_id(name) >= 0
}

// tokens returns a word in the model's numbers, nil when it is empty or absurdly long.
func (m model) tokens(word string) []int32 {
	text := C.CString(word)
	defer C.free(unsafe.Pointer(text))
	var out [32]C.whisper_token
	n := C.whisper_tokenize(m.ctx, text, &out[0], C.int(len(out)))
	if n <= 0 {
		return nil
	}
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32(out[i])
	}
	return tokens
}

// state is one decode's memory. It is used by one goroutine at a time.
type state struct {
	model model
	state *C.struct_whisper_state
	abort *C.struct_hotline_abort
}

func (m model) newState() (*state, error) {
	s := &state{model: m, state: C.whisper_init_state(m.ctx), abort: C.hotline_abort_new()}
	if s.state == nil || s.abort == nil {
		s.free()
		return nil, errors.New("no memory for a decoder state")
	}
	return s, nil
}

func (s *state) free() {
	if s.state != nil {
		C.whisper_free_state(s.state)
	}
	C.free(unsafe.Pointer(s.abort))
}

// job is how one utterance is decoded.
type job struct {
	threads     int
	audioCtx    int // encoder positions of 20 ms
	maxTokens   int
	beam        int // 1 is greedy
	suppressNST bool
	language    string
	words       [][]int32 // to favour, as tokens; at most maxWords count
	bonus       float64   // on the logit of a token that continues a word
}

const maxWords = C.HOTLINE_MAX_WORDS

// piece is one token as the model made it: a few bytes, perhaps not a whole character.
type piece struct {
	bytes   string
	logProb float64
}

// output is what a decode left in the state.
type output struct {
	pieces   []piece
	noSpeech float64
}

// decode runs the model on samples of -1…1 at 16 kHz. When ctx ends it stops within one operation
// of the model and returns the cause.
func (s *state) decode(ctx context.Context, j job, samples []float32) (output, error) {
	C.hotline_abort_set(s.abort, 0)
	raised := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		C.hotline_abort_set(s.abort, 1)
		close(raised)
	})
	failed := s.run(j, samples)
	if !stop() {
		<-raised // it must not reach into the next decode
		return output{}, context.Cause(ctx)
	}
	if failed != 0 {
		return output{}, fmt.Errorf("whisper.cpp failed with %d", failed)
	}
	return s.output(), nil
}

func (s *state) run(j job, samples []float32) int {
	language := C.CString(j.language)
	defer C.free(unsafe.Pointer(language))
	c := C.struct_hotline_job{
		threads:      C.int(j.threads),
		audio_ctx:    C.int(j.audioCtx),
		max_tokens:   C.int(j.maxTokens),
		beam:         C.int(j.beam),
		suppress_nst: C.bool(j.suppressNST),
	}
	if len(j.words) > 0 && j.bonus > 0 {
		var flat []C.int // the lengths, then the tokens
		for _, w := range j.words {
			flat = append(flat, C.int(len(w)))
		}
		for _, w := range j.words {
			for _, token := range w {
				flat = append(flat, C.int(token))
			}
		}
		var pin runtime.Pinner
		defer pin.Unpin()
		pin.Pin(&flat[0])
		c.words = C.int(len(j.words))
		c.word_lengths = &flat[0]
		c.word_tokens = &flat[len(j.words)]
		c.bonus = C.float(j.bonus)
	}
	return int(C.hotline_decode(s.model.ctx, s.state, c, language,
		(*C.float)(unsafe.SliceData(samples)), C.int(len(samples)), s.abort))
}

func (s *state) output() output {
	var out output
	end := C.whisper_token_eot(s.model.ctx) // tokens from here on are not text
	for segment := range C.whisper_full_n_segments_from_state(s.state) {
		out.noSpeech = float64(C.whisper_full_get_segment_no_speech_prob_from_state(s.state, segment))
		for i := range C.whisper_full_n_tokens_from_state(s.state, segment) {
			token := C.whisper_full_get_token_data_from_state(s.state, segment, i)
			if token.id < end {
				out.pieces = append(out.pieces, piece{
					bytes:   C.GoString(C.whisper_token_to_str(s.model.ctx, token.id)),
					logProb: float64(token.plog),
				})
			}
		}
	}
	return out
}
