/* The C ABI of a compiled model, version 2. A shared object built by `octavo build` exports one function:
 *
 *   const octavo_api* octavo_get_api(void);
 *
 * and everything else is in the table it returns. Plain C; usable through dlopen. No exception leaves a
 * function: each returns a status, and last_error() is the sentence of the last failure on the calling
 * thread.
 *
 *   const octavo_api* api = get_api();
 *   octavo_model* model;  octavo_session* session;
 *   api->load(api, "bert.weights", NULL, &model);
 *   api->create_session(model, &session);
 *   api->output_shapes(session, inputs, n_in, outputs, n_out);       sizes for these inputs
 *   api->run(session, inputs, n_in, outputs, n_out);                 into the caller's memory
 *
 * Later versions only append fields: check version >= the one you were written for, and struct_bytes. What
 * came with version 2 says so.
 */
#ifndef OCTAVO_MODEL_H
#define OCTAVO_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OCTAVO_ABI_VERSION 2
#define OCTAVO_MAX_RANK 8

typedef enum octavo_status {
  OCTAVO_OK = 0,
  OCTAVO_INVALID_ARGUMENT = 1,
  OCTAVO_BAD_WEIGHTS = 2,
  OCTAVO_UNSUPPORTED = 3,
  OCTAVO_OUT_OF_MEMORY = 4,
  OCTAVO_INTERNAL = 5
} octavo_status;

typedef enum octavo_dtype {
  OCTAVO_F32 = 0,
  OCTAVO_I64 = 1,
  OCTAVO_I32 = 2,
  OCTAVO_BOOL = 3,
  OCTAVO_U8 = 4,
  OCTAVO_S8 = 5
} octavo_dtype;

typedef struct octavo_model octavo_model;
typedef struct octavo_session octavo_session;

/* One dim of an input: name is NULL for a fixed size. */
typedef struct octavo_dim {
  const char* name;
  int64_t size;
} octavo_dim;

typedef struct octavo_input_info {
  const char* name;
  int32_t dtype; /* octavo_dtype */
  int32_t rank;
  octavo_dim shape[OCTAVO_MAX_RANK];
} octavo_input_info;

typedef struct octavo_output_info {
  const char* name;
  int32_t dtype;
  int32_t rank;
  const char* shape_text; /* "B, S, 384" */
} octavo_output_info;

/* Version 2. One call of a kernel in a run. */
typedef struct octavo_step {
  const char* place;    /* in the user's source: "bert.cpp:154" */
  const char* site;     /* the module path, "" where unknown */
  const char* function; /* what is called: "linear_s8" */
} octavo_step;

/* Valid as long as the shared object is loaded. */
typedef struct octavo_description {
  const char* name;
  uint64_t build_id;
  size_t input_count;
  const octavo_input_info* inputs;
  size_t output_count;
  const octavo_output_info* outputs;
  size_t dim_count;
  const char* const* dims;
  size_t requirement_count;
  const char* const* requirements; /* "S <= 512: position table" */
  /* version 2 */
  size_t step_count;
  const octavo_step* steps; /* in the order in which they run */
} octavo_description;

typedef struct octavo_options {
  int32_t
      threads; /* 0: one per CPU the process may run on. Models of this shared object with equal counts share them. */
  const char* isa; /* NULL or "": OCTAVO_ISA, else the best of this CPU */
} octavo_options;

/* Row-major; data lies at a multiple of the element's size. Input: data is read, bytes is not looked at. Output: data and its
 * capacity in bytes. */
typedef struct octavo_tensor {
  int32_t dtype;
  int32_t rank;
  int64_t shape[OCTAVO_MAX_RANK];
  void* data;
  size_t bytes;
} octavo_tensor;

/* Called after each call of the program, from the calling thread. `strides` counts elements. Pointers are
 * valid until it returns. It must not call the session and must not throw. */
typedef struct octavo_observation {
  const char* site;
  const char* name;
  int32_t dtype;
  int32_t rank;
  const int64_t* shape;
  const int64_t* strides;
  const void* data;
} octavo_observation;
typedef void (*octavo_observer)(void* user, const octavo_observation* observation);

/* Version 2. The instructions of a kernel's inner loop. */
typedef enum octavo_inner_loop {
  OCTAVO_LOOP_NONE = 0,
  OCTAVO_LOOP_FMA_256 = 1,
  OCTAVO_LOOP_S16_256 = 2,
  OCTAVO_LOOP_PAIRS_256 = 3,
  OCTAVO_LOOP_FOURS_256 = 4,
  OCTAVO_LOOP_DPBUSD_256 = 5,
  OCTAVO_LOOP_FMA_512 = 6,
  OCTAVO_LOOP_DPBUSD_512 = 7
} octavo_inner_loop;

/* What one thread did of one step; a step has as many for a thread as it has parallel regions. */
typedef struct octavo_span {
  int32_t thread; /* 0: the one that called run */
  int64_t begin_ns, end_ns;
} octavo_span;

/* Called after each step, from the calling thread. Times are of the monotonic clock. Pointers are valid until
 * it returns; kernel, isa and function for longer, as long as the shared object is loaded. It must not call
 * the session and must not throw. */
typedef struct octavo_step_profile {
  size_t step;              /* index in the description's steps */
  const char* kernel;       /* which one ran, or NULL where the function has but one */
  const char* isa;          /* its instruction set, or NULL where its name says it or there is but one */
  int32_t inner_loop;       /* octavo_inner_loop */
  int64_t m, n, k;          /* of a product; of anything else, m rows of n elements */
  int64_t macs;             /* multiply-accumulates */
  int64_t weight_bytes;     /* read from the weights */
  int64_t activation_bytes; /* read and written */
  int64_t begin_ns, end_ns;
  size_t span_count;
  const octavo_span* spans;
} octavo_step_profile;
typedef void (*octavo_profiler)(void* user, const octavo_step_profile* profile);

typedef struct octavo_api octavo_api;
struct octavo_api {
  uint32_t version;      /* OCTAVO_ABI_VERSION */
  uint32_t struct_bytes; /* sizeof(octavo_api) of the build */
  const void* program;   /* private */
  const octavo_description* description;

  /* The instruction sets compiled in: name of the i-th or NULL past the end; *supported says whether this CPU
   * has it. */
  const char* (*isa_name)(size_t i, int32_t* supported);

  octavo_status (*load)(const octavo_api* api, const char* weights_path, const octavo_options* options,
                        octavo_model** model);
  void (*unload)(octavo_model* model); /* after its sessions are destroyed; NULL is fine */
  const char* (*model_isa)(const octavo_model* model);
  int32_t (*model_threads)(const octavo_model* model);
  double (*model_load_ms)(const octavo_model* model);
  uint64_t (*model_weights_bytes)(const octavo_model* model);

  octavo_status (*create_session)(const octavo_model* model, octavo_session** session);
  void (*destroy_session)(octavo_session* session);

  /* Fills dtype, rank, shape and bytes of each output for inputs of these shapes (data may be NULL
   * everywhere). */
  octavo_status (*output_shapes)(octavo_session* session, const octavo_tensor* inputs, size_t input_count,
                                 octavo_tensor* outputs, size_t output_count);

  /* Inputs in the order of the description. On success each output's dtype, rank and shape are filled in;
   * bytes is the caller's capacity and stays. */
  octavo_status (*run)(octavo_session* session, const octavo_tensor* inputs, size_t input_count, octavo_tensor* outputs,
                       size_t output_count);

  octavo_status (*set_observer)(octavo_session* session, octavo_observer observer, void* user); /* NULL removes it */
  uint64_t (*session_arena_bytes)(const octavo_session* session);

  /* Of the calling thread; never NULL; valid until its next failing call. */
  const char* (*last_error)(void);

  /* version 2 */
  octavo_status (*set_profiler)(octavo_session* session, octavo_profiler profiler, void* user); /* NULL removes it */
};

const octavo_api* octavo_get_api(void);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif
