/* The part of NVML's interface that telecine reads, answered from a table. Three GPUs: one that reports
 * everything, one that is cut into instances (MIG), one that has fallen off its bus. With NO_DRIVER, there
 * is a library and no driver. The types are those of nvml.h. */
#include <string.h>

typedef unsigned int uint;
typedef int result;
enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15 };

typedef struct { char legacy[16]; uint domain, bus, device, device_id, subsystem_id; char id[32]; } pci;
typedef struct { uint gpu, memory; } rates;
typedef struct { uint version; unsigned long long total, reserved, free, used; } memory;

static int gpus[3];
#define WHICH(device) ((int)((int *)(device) - gpus))
#define REPORTS(device) if (WHICH(device) == 2) return GPU_IS_LOST
#define NOT_ON_MIG(device) REPORTS(device); if (WHICH(device) == 1) return NOT_SUPPORTED

result nvmlInit_v2(void) {
#ifdef NO_DRIVER
  return DRIVER_NOT_LOADED;
#else
  return SUCCESS;
#endif
}
result nvmlShutdown(void) { return SUCCESS; }
result nvmlSystemGetDriverVersion(char *version, uint length) { strncpy(version, "550.54.15", length); return SUCCESS; }
result nvmlDeviceGetCount_v2(uint *count) { *count = 3; return SUCCESS; }
result nvmlDeviceGetHandleByIndex_v2(uint index, void **device) {
  if (index > 2) return INVALID_ARGUMENT;
  *device = &gpus[index];
  return SUCCESS;
}
result nvmlDeviceGetPciInfo_v3(void *device, pci *info) {
  REPORTS(device);
  memset(info, 0, sizeof *info);
  strcpy(info->id, WHICH(device) ? "00000000:86:00.0" : "00000000:3B:00.0");
  return SUCCESS;
}
result nvmlDeviceGetName(void *device, char *name, uint length) {
  REPORTS(device);
  strncpy(name, WHICH(device) ? "NVIDIA A100-SXM4-80GB" : "NVIDIA L4", length);
  return SUCCESS;
}
result nvmlDeviceGetUtilizationRates(void *device, rates *used) {
  NOT_ON_MIG(device);
  used->gpu = 17;
  used->memory = 99;
  return SUCCESS;
}
result nvmlDeviceGetEncoderUtilization(void *device, uint *percent, uint *period) {
  NOT_ON_MIG(device);
  *percent = 63;
  *period = 167000;
  return SUCCESS;
}
result nvmlDeviceGetDecoderUtilization(void *device, uint *percent, uint *period) {
  NOT_ON_MIG(device);
  *percent = 31;
  *period = 167000;
  return SUCCESS;
}
result nvmlDeviceGetEncoderStats(void *device, uint *sessions, uint *frames, uint *latency) {
  NOT_ON_MIG(device);
  *sessions = 3;
  *frames = 240;
  *latency = 4800;
  return SUCCESS;
}
result nvmlDeviceGetMemoryInfo_v2(void *device, memory *info) {
  REPORTS(device);
  if (info->version != (sizeof *info | 2u << 24)) return INVALID_ARGUMENT;
  info->total = WHICH(device) ? 85899345920ull : 24152899584ull;
  info->used = 1073741824ull;
  return SUCCESS;
}
result nvmlDeviceGetTemperature(void *device, int sensor, uint *temperature) {
  REPORTS(device);
  if (sensor != 0) return INVALID_ARGUMENT;
  *temperature = 57;
  return SUCCESS;
}
result nvmlDeviceGetPowerUsage(void *device, uint *milliwatts) {
  REPORTS(device);
  *milliwatts = 41250;
  return SUCCESS;
}
