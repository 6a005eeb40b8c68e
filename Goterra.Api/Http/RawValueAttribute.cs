namespace Goterra.Api.Http;

/// <summary>The bare bytes of a value are a body of this action: of the request where it stores, of the answer (if the caller wants that) where it reads.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RawValueAttribute : Attribute;
