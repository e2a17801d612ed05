// Package speech runs the speech engines in a process of their own. Server is the inside: the
// OpenAI-compatible audio API (POST /v1/audio/transcriptions and /v1/audio/speech) over a
// recogniser and a synthesiser, with Cores deciding whose turn it is on the processor. Supervisor
// is the outside: it starts that process on Linux, watches it, and starts it again when it
// crashes, hangs or grows too large, so that no engine's fault ends a call.
package speech
