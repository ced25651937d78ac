// Reductions over a workgroup: within subgroups, then across them. Any subgroup size from 8 and any workgroup up to
// 1024 invocations. Every invocation must call them and gets the result.
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_arithmetic : require

shared float reduce_floats[128];
shared uint reduce_uints[128];

float workgroup_sum(float value) {
  value = subgroupAdd(value);
  barrier();  // the last reduction has been read
  if (gl_SubgroupInvocationID == 0) reduce_floats[gl_SubgroupID] = value;
  barrier();
  value = reduce_floats[0];
  for (uint i = 1; i < gl_NumSubgroups; ++i) value += reduce_floats[i];
  return value;
}

float workgroup_max(float value) {
  value = subgroupMax(value);
  barrier();
  if (gl_SubgroupInvocationID == 0) reduce_floats[gl_SubgroupID] = value;
  barrier();
  value = reduce_floats[0];
  for (uint i = 1; i < gl_NumSubgroups; ++i) value = max(value, reduce_floats[i]);
  return value;
}

uint workgroup_min(uint value) {
  value = subgroupMin(value);
  barrier();
  if (gl_SubgroupInvocationID == 0) reduce_uints[gl_SubgroupID] = value;
  barrier();
  value = reduce_uints[0];
  for (uint i = 1; i < gl_NumSubgroups; ++i) value = min(value, reduce_uints[i]);
  return value;
}

uint workgroup_sum(uint value) {
  value = subgroupAdd(value);
  barrier();
  if (gl_SubgroupInvocationID == 0) reduce_uints[gl_SubgroupID] = value;
  barrier();
  value = reduce_uints[0];
  for (uint i = 1; i < gl_NumSubgroups; ++i) value += reduce_uints[i];
  return value;
}
