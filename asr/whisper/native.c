#include "native.h"

#include <stdatomic.h>
#include <stdlib.h>

// whisper.cpp would write its doings to standard error.
static void be_quiet(enum ggml_log_level level, const char *text, void *data) {
	(void)level;
	(void)text;
	(void)data;
}

struct whisper_context *hotline_open(const char *path) {
	whisper_log_set(be_quiet, NULL);
	struct whisper_context_params params = whisper_context_default_params();
	params.use_gpu = false;
	// With flash attention, keys beyond audio_ctx up to the next multiple of 256 are read without
	// a mask: the decode then hears what the state heard before.
	params.flash_attn = false;
	return whisper_init_from_file_with_params_no_state(path, params);
}

struct hotline_abort *hotline_abort_new(void) { return calloc(1, sizeof(struct hotline_abort)); }

void hotline_abort_set(struct hotline_abort *a, int raised) { atomic_store(&a->raised, raised); }

static bool aborted(void *a) { return atomic_load(&((struct hotline_abort *)a)->raised) != 0; }

static bool may_encode(struct whisper_context *ctx, struct whisper_state *state, void *a) {
	(void)ctx;
	(void)state;
	return !aborted(a);
}

// begun returns how many tokens at the end of what was decoded are the beginning of a word.
static int begun(const int *word, int length, const whisper_token_data *tokens, int n) {
	for (int k = length - 1 < n ? length - 1 : n; k > 0; k--) {
		int same = 0;
		while (same < k && tokens[n - k + same].id == word[same]) same++;
		if (same == k) return k;
	}
	return 0;
}

// favour lifts the tokens that continue a word, each once. The beginning of a word is left to the
// model: lifted as well, words come out of nowhere and twice.
static void favour(struct whisper_context *ctx, struct whisper_state *state,
	const whisper_token_data *tokens, int n, float *logits, void *data) {
	(void)ctx;
	(void)state;
	const struct hotline_job *job = data;
	const int *word = job->word_tokens;
	int lifted[HOTLINE_MAX_WORDS], count = 0;
	for (int i = 0; i < job->words; word += job->word_lengths[i], i++) {
		int k = begun(word, job->word_lengths[i], tokens, n);
		bool skip = k == 0;
		for (int j = 0; j < count; j++) skip = skip || lifted[j] == word[k];
		if (skip) continue;
		lifted[count++] = word[k];
		logits[word[k]] += job->bonus;
	}
}

int hotline_decode(struct whisper_context *ctx, struct whisper_state *state, struct hotline_job job,
	const char *language, const float *samples, int n, struct hotline_abort *abort) {
	struct whisper_full_params p = whisper_full_default_params(
		job.beam > 1 ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY);
	p.n_threads = job.threads;
	p.audio_ctx = job.audio_ctx;
	p.max_tokens = job.max_tokens;
	p.language = language;
	p.suppress_nst = job.suppress_nst;
	p.beam_search.beam_size = job.beam;
	p.greedy.best_of = 1;
	p.temperature = 0;
	p.temperature_inc = 0; // a second decode is the engine's own decision
	p.no_context = true;
	p.no_timestamps = true;
	p.single_segment = true;
	p.print_progress = false;
	p.print_realtime = false;
	p.print_timestamps = false;
	p.print_special = false;
	p.abort_callback = aborted;
	p.abort_callback_user_data = abort;
	p.encoder_begin_callback = may_encode;
	p.encoder_begin_callback_user_data = abort;
	if (job.words > 0) {
		p.logits_filter_callback = favour;
		p.logits_filter_callback_user_data = &job;
	}
	int failed = whisper_full_with_state(ctx, state, p, samples, n);
	return failed != 0 ? failed : aborted(abort);
}
