"""One ordinary diagram of Camunda 7 with a bit of everything, drawing and comments included."""

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<!-- drawn by hand -->
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:acme="http://acme.example"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="file"
  targetNamespace="http://acme.example" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.22.0">
  <bpmn:message id="m" name="answer" />
  <bpmn:process id="refund" name="报销 &amp; 退款" isExecutable="true" camunda:historyTimeToLive="P30D">
    <bpmn:documentation>为什么：
第二行</bpmn:documentation>
    <!-- a note -->
    <bpmn:startEvent id="start" name="开始" camunda:initiator="starter">
      <bpmn:outgoing>f1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="approve" name="审批&#10;金额" camunda:assignee="${starter}" camunda:candidateGroups="bosses" camunda:asyncBefore="true" acme:colour="red">
      <bpmn:documentation>看清楚</bpmn:documentation>
      <bpmn:extensionElements>
        <acme:note>keep me</acme:note>
        <camunda:formData>
          <camunda:formField id="approved" label="同意" type="boolean" />
        </camunda:formData>
        <camunda:inputOutput>
          <camunda:inputParameter name="limit">${amount * 2}</camunda:inputParameter>
        </camunda:inputOutput>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="late" cancelActivity="false" attachedToRef="approve">
      <bpmn:outgoing>f6</bpmn:outgoing>
      <bpmn:timerEventDefinition id="t"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">${patience}</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="ok" name="同意？" default="f4" />
    <bpmn:callActivity id="pay" calledElement="payment">
      <bpmn:extensionElements>
        <camunda:in source="amount" target="sum" />
        <camunda:out source="number" target="receipt" />
      </bpmn:extensionElements>
    </bpmn:callActivity>
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="approve" />
    <bpmn:sequenceFlow id="f2" sourceRef="approve" targetRef="ok" />
    <bpmn:sequenceFlow id="f3" sourceRef="ok" targetRef="pay">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${approved}</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" sourceRef="ok" targetRef="end" />
    <bpmn:sequenceFlow id="f5" sourceRef="pay" targetRef="end" />
    <bpmn:sequenceFlow id="f6" sourceRef="late" targetRef="end" />
    <bpmn:textAnnotation id="n"><bpmn:text>${not code}</bpmn:text></bpmn:textAnnotation>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="drawing">
    <bpmndi:BPMNPlane id="plane" bpmnElement="refund">
      <bpmndi:BPMNShape id="start_shape" bpmnElement="start"><dc:Bounds x="100" y="100" width="36" height="36" /></bpmndi:BPMNShape>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
""".encode()
