// The few calls that Go makes into whisper.cpp: one struct of plain numbers in, one number out.
#ifndef HOTLINE_WHISPER_NATIVE_H
#define HOTLINE_WHISPER_NATIVE_H

#include <stdbool.h>
#include <whisper.h>

enum { HOTLINE_MAX_WORDS = 64 };

// hotline_job is how one utterance is decoded.
struct hotline_job {
	int threads;
	int audio_ctx;  // encoder positions of 20 ms
	int max_tokens;
	int beam;       // 1 is greedy
	bool suppress_nst;
	// Words to favour, their tokens one word after another, and the bonus on the logit of a token
	// that continues a word.
	int words;
	const int *word_lengths;
	const int *word_tokens;
	float bonus;
};

// hotline_abort is read by the running decode and set from another thread.
struct hotline_abort {
	_Atomic int raised;
};

struct whisper_context *hotline_open(const char *path);
struct hotline_abort *hotline_abort_new(void);
void hotline_abort_set(struct hotline_abort *a, int raised);

// hotline_decode returns 0 when the state holds a result, another number when the decode failed or
// was aborted.
int hotline_decode(struct whisper_context *ctx, struct whisper_state *state, struct hotline_job job,
	const char *language, const float *samples, int n, struct hotline_abort *abort);

#endif
