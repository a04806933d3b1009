// What CUDA's own headers give to device code, for cuda_shim.h: barriers, warps, atomics and maths.
//
// Place in the flow: included by cuda_shim.h, after its scheduler. Barriers and warp exchanges are
// macros, for the line where a thread waits tells a barrier from another.
//
// What it does not do: fast maths is exact maths here, so errors are smaller than on a GPU.
#pragma once

#define __syncthreads() ((void)::callforge::barrier(__LINE__))
#define __syncthreads_count(p) (::callforge::barrier(__LINE__, (p) != 0))
#define __syncthreads_or(p) (::callforge::barrier(__LINE__, (p) != 0) != 0)
#define __syncthreads_and(p) (::callforge::barrier(__LINE__, (p) == 0) == 0)
#define __syncwarp(...) ((void)::callforge::ballot(::callforge::full(__VA_ARGS__), 0, __LINE__))
#define __ballot_sync(mask, p) (::callforge::ballot((mask), (p) != 0, __LINE__))
#define __any_sync(mask, p) (::callforge::ballot((mask), (p) != 0, __LINE__) != 0)
#define __all_sync(mask, p) (::callforge::ballot((mask), (p) == 0, __LINE__) == 0)
#define __shfl_sync(mask, ...) (::callforge::shfl(__LINE__, (mask), __VA_ARGS__))
#define __shfl_up_sync(mask, ...) (::callforge::shfl_up(__LINE__, (mask), __VA_ARGS__))
#define __shfl_down_sync(mask, ...) (::callforge::shfl_down(__LINE__, (mask), __VA_ARGS__))
#define __shfl_xor_sync(mask, ...) (::callforge::shfl_xor(__LINE__, (mask), __VA_ARGS__))
#define __reduce_add_sync(mask, v) \
  (::callforge::reduce(__LINE__, (mask), (v), [](auto a, auto b) { return a + b; }))
#define __reduce_max_sync(mask, v) \
  (::callforge::reduce(__LINE__, (mask), (v), [](auto a, auto b) { return a < b ? b : a; }))
#define __reduce_min_sync(mask, v) \
  (::callforge::reduce(__LINE__, (mask), (v), [](auto a, auto b) { return b < a ? b : a; }))

namespace callforge {

inline unsigned full(unsigned mask = 0xffffffffu) { return mask; }

template <typename T>
T shfl(int line, unsigned mask, T value, int source, int width = 32) {
  int own = static_cast<int>(lane()), base = own & ~(width - 1);
  return shuffle(mask, value, base + (source & (width - 1)), line);
}

template <typename T>
T shfl_up(int line, unsigned mask, T value, unsigned by, int width = 32) {
  int own = static_cast<int>(lane()), source = own - static_cast<int>(by);
  return shuffle(mask, value, source < (own & ~(width - 1)) ? own : source, line);
}

template <typename T>
T shfl_down(int line, unsigned mask, T value, unsigned by, int width = 32) {
  int own = static_cast<int>(lane()), source = own + static_cast<int>(by);
  return shuffle(mask, value, source > (own | (width - 1)) ? own : source, line);
}

template <typename T>
T shfl_xor(int line, unsigned mask, T value, int by, int width = 32) {
  int own = static_cast<int>(lane()), source = own ^ by;
  return shuffle(mask, value, source > (own | (width - 1)) ? own : source, line);
}

// Every lane gives to every other, in as many exchanges as there are lanes in the mask.
template <typename T, typename F>
T reduce(int line, unsigned mask, T value, F join) {
  static_assert(std::is_integral_v<T> && sizeof(T) == 4, "__reduce_*_sync takes 32-bit integers");
  T result = value;
  bool any = false;
  for (int source = 0; source < 32; ++source) {
    if (!(mask >> source & 1)) continue;
    T other = shuffle(mask, value, source, line);
    result = any ? join(result, other) : other;
    any = true;
  }
  return result;
}

inline double double_rsqrt(double x) { return 1. / sqrt(x); }

template <typename T> struct same { using type = T; };
template <typename T> using same_t = typename same<T>::type;

}  // namespace callforge

inline unsigned __activemask() {
  unsigned first = static_cast<unsigned>(callforge::here - callforge::fibers) / 32 * 32, mask = 0;
  for (unsigned i = first; i < std::min(first + 32, callforge::count); ++i) {
    mask |= (callforge::fibers[i].state != callforge::State::kDone) << (i - first);
  }
  return mask;
}
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __nanosleep(unsigned) {}

#define CALLFORGE_ATOMIC(name, result)                                    \
  template <typename T>                                                   \
  T name(T* at, callforge::same_t<T> v) {                                 \
    T old = *at;                                                          \
    *at = static_cast<T>(result);                                         \
    return old;                                                           \
  }
CALLFORGE_ATOMIC(atomicAdd, old + v)
CALLFORGE_ATOMIC(atomicSub, old - v)
CALLFORGE_ATOMIC(atomicExch, v)
CALLFORGE_ATOMIC(atomicMax, old < v ? v : old)
CALLFORGE_ATOMIC(atomicMin, v < old ? v : old)
CALLFORGE_ATOMIC(atomicAnd, old & v)
CALLFORGE_ATOMIC(atomicOr, old | v)
CALLFORGE_ATOMIC(atomicXor, old ^ v)
CALLFORGE_ATOMIC(atomicInc, old >= v ? 0 : old + 1)
CALLFORGE_ATOMIC(atomicDec, old == 0 || old > v ? v : old - 1)
#undef CALLFORGE_ATOMIC
template <typename T>
T atomicCAS(T* at, callforge::same_t<T> expected, callforge::same_t<T> v) {
  T old = *at;
  if (old == expected) *at = v;
  return old;
}

using std::max;
using std::min;
template <typename A, typename B>
std::enable_if_t<!std::is_same_v<A, B>, std::common_type_t<A, B>> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}
template <typename A, typename B>
std::enable_if_t<!std::is_same_v<A, B>, std::common_type_t<A, B>> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}

template <typename T> T __ldg(const T* at) { return *at; }
template <typename T> T __ldcs(const T* at) { return *at; }
template <typename T> T __ldcg(const T* at) { return *at; }
template <typename T> void __stcs(T* at, callforge::same_t<T> v) { *at = v; }
inline float __fdividef(float x, float y) { return x / y; }
inline float fdividef(float x, float y) { return x / y; }
inline float __saturatef(float x) { return x > 0.f ? (x < 1.f ? x : 1.f) : 0.f; }
// The C library has these names for itself, or will have.
#define __expf expf
#define __exp10f exp10f
#define __logf logf
#define __log2f log2f
#define __log10f log10f
#define __sinf sinf
#define __cosf cosf
#define __tanf tanf
#define __powf powf
#define __sincosf sincosf
#define rsqrtf __frsqrt_rn
#define rsqrt ::callforge::double_rsqrt
inline float __frsqrt_rn(float x) { return 1.f / sqrtf(x); }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __frcp_rn(float x) { return 1.f / x; }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fsub_rn(float x, float y) { return x - y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }
inline float normcdff(float x) { return 0.5f * erfcf(-x * 0.70710678118654752f); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned __umulhi(unsigned x, unsigned y) { return uint64_t(x) * y >> 32; }
inline int __mul24(int x, int y) { return x * y; }
inline int __float2int_rn(float x) { return static_cast<int>(nearbyintf(x)); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }

#define CALLFORGE_BITS(name, to, from)         \
  inline to name(from given) {                 \
    to result;                                 \
    memcpy(&result, &given, sizeof result);    \
    return result;                             \
  }
CALLFORGE_BITS(__float_as_int, int, float)
CALLFORGE_BITS(__int_as_float, float, int)
CALLFORGE_BITS(__float_as_uint, unsigned, float)
CALLFORGE_BITS(__uint_as_float, float, unsigned)
CALLFORGE_BITS(__double_as_longlong, long long, double)
CALLFORGE_BITS(__longlong_as_double, double, long long)
#undef CALLFORGE_BITS
