// CUDA C++ on the CPU: what a kernel's text needs to be compiled by g++ and run block by block.
//
// Place in the flow: compile_cuda.py puts this file before the candidate's text and a launcher for
// each kernel after it. One OS thread runs everything: blocks one after the other, and the threads
// of a block either as plain loops (no barrier in the text) or as fibers, each on its own stack,
// which give way at barriers and warp exchanges. So atomics are plain operations.
//
// What it looks for: shared memory is filled with garbage before each block and has a guard behind
// it; barriers that not all threads of a block reach alike are reported; every other launch runs
// blocks and threads backwards, so that a kernel that needs an order does not get it.
//
// What it does not do: wgmma, TMA, cp.async, cooperative groups, half types, textures, inline PTX,
// launches from kernels. compile_cuda.py finds those in the text. Its times mean nothing.
#pragma once
#include <link.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __managed__
#define __shared__ static thread_local
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define CUDART_INF_F __builtin_inff()
#define CUDART_INF __builtin_inf()
#define CUDART_NAN_F __builtin_nanf("")
#define CUDART_PI_F 3.14159274101257f

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
using uint3 = dim3;

#define CALLFORGE_VECTORS(T, name, wide)                                                       \
  struct name##2 { T x, y; };                                                                  \
  struct name##3 { T x, y, z; };                                                               \
  struct alignas(wide) name##4 { T x, y, z, w; };                                              \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }                                   \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }                           \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
CALLFORGE_VECTORS(float, float, 16)
CALLFORGE_VECTORS(double, double, 16)
CALLFORGE_VECTORS(int, int, 16)
CALLFORGE_VECTORS(signed char, char, 4)
CALLFORGE_VECTORS(unsigned char, uchar, 4)
CALLFORGE_VECTORS(short, short, 8)
CALLFORGE_VECTORS(unsigned short, ushort, 8)
CALLFORGE_VECTORS(long long, longlong, 16)
struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
#undef CALLFORGE_VECTORS

static dim3 threadIdx, blockIdx, blockDim, gridDim;
static constexpr int warpSize = 32;

namespace callforge {

constexpr unsigned kMaxThreads = 1024;
constexpr size_t kStackBytes = 64 << 10, kPageBytes = 4096;
constexpr size_t kSharedBytes = 227 << 10, kGuardBytes = 4096;
alignas(1024) inline unsigned char dynamic_shared[kSharedBytes + kGuardBytes];
// All other thread-locals of this library are the kernels' __shared__ variables.
inline thread_local char first_shared;

enum class State : uint8_t { kRun, kBarrier, kWarp, kDone };

struct Fiber {
  void* stack;
  dim3 thread;
  State state;
  int line;         // where it waits
  unsigned mask;    // whom it waits for in its warp
  int source;       // the lane whose value it asked for
  int predicate;    // what it votes, and then what was voted
  uint64_t value;   // what it gives, and then what it gets
};

inline Fiber fibers[kMaxThreads];
inline Fiber* here;
inline unsigned count;
inline void* scheduler;
inline unsigned char* stacks;
inline void (*body)(void*);
inline void* closure;
inline char fault[256];
inline unsigned launches;

extern "C" void callforge_switch(void** from, void* to);
asm(R"(
.text
.globl callforge_switch
.hidden callforge_switch
.type callforge_switch, @function
callforge_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size callforge_switch, .-callforge_switch
)");

template <typename... T>
void report(const char* format, T... values) {
  if (!fault[0]) snprintf(fault, sizeof fault, format, values...);
}

inline void wait(State state, int line) {
  here->state = state;
  here->line = line;
  callforge_switch(&here->stack, scheduler);
}

inline void fiber_main() {
  body(closure);
  wait(State::kDone, 0);
}

inline int barrier(int line, int predicate = 0) {
  here->predicate = predicate;
  wait(State::kBarrier, line);
  return here->predicate;
}

inline unsigned lane() { return static_cast<unsigned>(here - fibers) % 32; }

inline void exchange(unsigned mask, int source, int predicate, int line) {
  if (!(mask >> lane() & 1)) {
    report("line %d: thread %u is not in the mask 0x%08x that it gives", line,
           static_cast<unsigned>(here - fibers), mask);
    wait(State::kDone, line);
  }
  here->mask = mask;
  here->source = source;
  here->predicate = predicate;
  wait(State::kWarp, line);
}

template <typename T>
T shuffle(unsigned mask, T value, int source, int line) {
  static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
  here->value = 0;
  memcpy(&here->value, &value, sizeof value);
  exchange(mask, source, 0, line);
  memcpy(&value, &here->value, sizeof value);
  return value;
}

inline unsigned ballot(unsigned mask, int predicate, int line) {
  exchange(mask, static_cast<int>(lane()), predicate != 0, line);
  return static_cast<unsigned>(here->predicate);
}

// Lets a warp's lanes go on that all wait for one another; their values change hands first.
inline bool release_lanes(unsigned first) {
  unsigned lanes = std::min(32u, count - first), gone = 0;
  bool moved = false;
  for (unsigned i = 0; i < lanes; ++i) gone |= (fibers[first + i].state == State::kDone) << i;
  for (unsigned i = 0; i < lanes; ++i) {
    Fiber& leader = fibers[first + i];
    if (leader.state != State::kWarp) continue;
    unsigned wanted = leader.mask & ~gone & (lanes == 32 ? ~0u : (1u << lanes) - 1), votes = 0;
    uint64_t values[32];
    bool ready = true;
    for (unsigned k = 0; k < lanes && ready; ++k) {
      if (!(wanted >> k & 1)) continue;
      Fiber& other = fibers[first + k];
      ready = other.state == State::kWarp && other.mask == leader.mask && other.line == leader.line;
      values[k] = other.value;
      votes |= static_cast<unsigned>(other.predicate != 0) << k;
    }
    if (!ready) continue;
    for (unsigned k = 0; k < lanes; ++k) {
      if (!(wanted >> k & 1)) continue;
      Fiber& other = fibers[first + k];
      bool given = other.source >= 0 && other.source < 32 && (wanted >> other.source & 1);
      other.value = given ? values[other.source] : 0xCBCBCBCBCBCBCBCBull;
      other.predicate = static_cast<int>(votes);
      other.state = State::kRun;
    }
    moved = true;
  }
  return moved;
}

// Lets the block go on when every thread that still lives waits at the barrier.
inline bool release_block() {
  int line = 0, votes = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (fibers[i].state == State::kDone) continue;
    if (fibers[i].state != State::kBarrier) return false;
    if (line && line != fibers[i].line) {
      report("divergent barrier: threads of block (%u, %u, %u) wait at lines %d and %d", blockIdx.x,
             blockIdx.y, blockIdx.z, line, fibers[i].line);
      return false;
    }
    line = fibers[i].line;
    votes += fibers[i].predicate != 0;
  }
  for (unsigned i = 0; i < count; ++i) {
    if (fibers[i].state == State::kDone) continue;
    fibers[i].predicate = votes;
    fibers[i].state = State::kRun;
  }
  return line != 0;
}

inline bool all_done() {
  for (unsigned i = 0; i < count; ++i) if (fibers[i].state != State::kDone) return false;
  return true;
}

inline void report_stuck() {
  int at_barrier = 0, in_warp = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (fibers[i].state == State::kBarrier) at_barrier = fibers[i].line;
    if (fibers[i].state == State::kWarp) in_warp = fibers[i].line;
  }
  if (at_barrier && in_warp) {
    report("divergent barrier: threads of block (%u, %u, %u) wait at line %d, others of it for "
           "their warp at line %d", blockIdx.x, blockIdx.y, blockIdx.z, at_barrier, in_warp);
  } else {
    report("divergent warp: threads of block (%u, %u, %u) wait at line %d for lanes of their mask "
           "that do not come", blockIdx.x, blockIdx.y, blockIdx.z, in_warp);
  }
}

inline void place_thread(Fiber& fiber, unsigned index) {
  fiber.thread = dim3(index % blockDim.x, index / blockDim.x % blockDim.y,
                      index / blockDim.x / blockDim.y);
}

inline void run_fibers(bool backwards) {
  if (!stacks) {
    size_t bytes = kMaxThreads * kStackBytes;
    void* got = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) return report("no memory for the stacks of %u threads", kMaxThreads);
    stacks = static_cast<unsigned char*>(got);
    for (unsigned i = 0; i < kMaxThreads; ++i) {
      mprotect(stacks + i * kStackBytes, kPageBytes, PROT_NONE);
    }
  }
  for (unsigned i = 0; i < count; ++i) {
    void** top = reinterpret_cast<void**>(stacks + (i + 1) * kStackBytes) - 8;
    memset(top, 0, 8 * sizeof *top);
    top[6] = reinterpret_cast<void*>(&fiber_main);
    fibers[i].stack = top;
    fibers[i].state = State::kRun;
    place_thread(fibers[i], i);
  }
  for (bool moved = true; moved && !fault[0];) {
    moved = false;
    for (unsigned i = 0; i < count && !fault[0]; ++i) {
      here = &fibers[backwards ? count - 1 - i : i];
      if (here->state != State::kRun) continue;
      threadIdx = here->thread;
      callforge_switch(&scheduler, here->stack);
      moved = true;
    }
    for (unsigned first = 0; first < count; first += 32) moved |= release_lanes(first);
    moved |= release_block();
  }
  if (!all_done()) report_stuck();
}

inline void run_plain(bool backwards) {
  dim3 at = backwards ? dim3(blockDim.x - 1, blockDim.y - 1, blockDim.z - 1) : dim3(0, 0, 0);
  for (unsigned i = 0; i < count; ++i) {
    threadIdx = at;
    body(closure);
    if (backwards) {
      if (at.x--) continue;
      at.x = blockDim.x - 1;
      if (at.y--) continue;
      at.y = blockDim.y - 1;
      --at.z;
    } else {
      if (++at.x < blockDim.x) continue;
      at.x = 0;
      if (++at.y < blockDim.y) continue;
      at.y = 0;
      ++at.z;
    }
  }
}

struct Bytes {
  unsigned char* from;
  size_t count;
};

// Where this thread's copy of the library's thread-locals lies.
inline int find_shared_of(dl_phdr_info* info, size_t, void* found) {
  auto* from = static_cast<unsigned char*>(info->dlpi_tls_data);
  auto* mark = reinterpret_cast<unsigned char*>(&first_shared);
  for (int i = 0; i < info->dlpi_phnum && from; ++i) {
    const auto& part = info->dlpi_phdr[i];
    if (part.p_type != PT_TLS || mark < from || mark >= from + part.p_memsz) continue;
    *static_cast<Bytes*>(found) = {from, part.p_memsz};
    return 1;
  }
  return 0;
}

// Garbage that is large below zero in one block and large above it in the next.
inline void fill_shared(Bytes fixed, size_t given, uint64_t block) {
  int garbage = block & 1 ? 0x4B : 0xCB;
  memset(fixed.from, garbage, fixed.count);
  memset(dynamic_shared, garbage, given);
}

inline void check_guard(size_t bytes) {
  for (size_t i = 0; i < kGuardBytes; ++i) {
    if (dynamic_shared[bytes + i] == 0x5A) continue;
    return report("block (%u, %u, %u) wrote past its %zu bytes of dynamic shared memory, at byte %zu",
                  blockIdx.x, blockIdx.y, blockIdx.z, bytes, bytes + i);
  }
}

inline void run_grid(dim3 grid, dim3 block, size_t shared, bool has_barriers) {
  gridDim = grid;
  blockDim = block;
  count = block.x * block.y * block.z;
  fault[0] = 0;
  bool backwards = launches++ & 1;
  Bytes fixed = {};
  first_shared = 0;
  dl_iterate_phdr(find_shared_of, &fixed);
  unsigned char* guard = dynamic_shared + shared;
  memset(guard, 0x5A, kGuardBytes);
  uint64_t blocks = uint64_t(grid.x) * grid.y * grid.z;
  for (uint64_t i = 0; i < blocks && !fault[0]; ++i) {
    uint64_t at = backwards ? blocks - 1 - i : i;
    blockIdx = dim3(at % grid.x, at / grid.x % grid.y, at / grid.x / grid.y);
    fill_shared(fixed, shared, at);
    has_barriers ? run_fibers(backwards) : run_plain(backwards);
    // Untouched means that it equals itself moved by one byte, and begins as it was filled.
    if (guard[0] != 0x5A || memcmp(guard, guard + 1, kGuardBytes - 1)) check_guard(shared);
  }
}

template <typename... P, size_t... I>
void call(void (*kernel)(P...), void** given, std::index_sequence<I...>) {
  kernel(*static_cast<std::remove_cv_t<std::remove_reference_t<P>>*>(given[I])...);
}

// Runs the kernel; what it says of a fault, or nothing.
template <typename... P>
const char* launch(void (*kernel)(P...), void** given, const unsigned* sizes, size_t shared,
                   bool has_barriers) {
  auto once = [&] { call(kernel, given, std::index_sequence_for<P...>()); };
  closure = &once;
  body = [](void* one) { (*static_cast<decltype(once)*>(one))(); };
  run_grid(dim3(sizes[0], sizes[1], sizes[2]), dim3(sizes[3], sizes[4], sizes[5]), shared,
           has_barriers);
  return fault;
}

}  // namespace callforge

#include "cuda_intrinsics.h"
